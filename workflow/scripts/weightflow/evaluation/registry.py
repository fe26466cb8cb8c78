"""Metrics: one entry for each, with its meaning, the function that computes it, and the figures that show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from weightflow.registry import Lazy

Comparison = Literal["density", "exact marginals", "marginals", "variables", "joint"]


@dataclass(frozen=True)
class LeftOut:
    """The same metric at snapshots that folds leave out, `…_loo` in the tables.

    Attributes:
        label: of an axis, in two lines; empty where no figure shows it.
        panel: its place in the figure of left-out snapshots; 0 for none.
    """

    label: str = ""
    panel: int = 0


@dataclass(frozen=True)
class Metric:
    """One column of the tables; lower is better.

    Attributes:
        meaning: for the report.
        compares: what its function is given. "marginals": probabilities (d, L) of the counts by the samples and by
            states of the truth; "exact marginals": by the density, else by the samples, and by the exact law, where
            it is known. "variables": samples (n, d), states (m, d) of the truth and weights (n,) of the samples, of
            real values. "joint": the same of counts and of real values, at some of the times
            (`score_tables.Judge`). "density": nothing, since `density.scoring` computes it with the prediction.
        function: of these, to a number or several; None for "density", and of left-out snapshots.
        part: index of this metric among several numbers, which metrics with the same function share.
        label: of an axis, in two lines; empty where no figure shows it.
        panels: places in figures and in the report's table of ablations, by their names.
        proper: judges a density by the exact law or by likelihood, instead of samples by samples.
        linear: drawn on a linear axis; the others can be orders of magnitude apart.
        instead: the metric whose panel replaces this one's in figures where there is one.
        left_out: how it is shown of left-out snapshots; None where it is not.
    """

    meaning: str
    compares: Comparison
    function: Lazy | None = None
    part: int | None = None
    label: str = ""
    panels: Mapping[str, int] = field(default_factory=dict)
    proper: bool = False
    linear: bool = False
    instead: str | None = None
    left_out: LeftOut | None = None


_W_MARGINAL = Lazy("weightflow.evaluation.metrics", "w_marginal")
_JSD_MARGINAL = Lazy("weightflow.evaluation.metrics", "jsd_marginal")
_W_JOINT = Lazy("weightflow.evaluation.metrics", "w_joint")
_MMD = Lazy("weightflow.evaluation.metrics", "mmd")


def left_out_name(name: str) -> str:
    """What a metric is called where it is of left-out snapshots."""
    return f"{name.removesuffix('_joint')}_loo"


def _with_left_out(entries: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics, each followed by the same one of left-out snapshots if there is one."""
    found = {}
    for name, metric in entries.items():
        found[name] = metric
        if own := metric.left_out:
            found[left_out_name(name)] = replace(
                metric,
                meaning=f"As {name}, for a left-out snapshot.",
                function=None,
                label=own.label,
                panels={"leave_one_out": own.panel} if own.panel else {},
                left_out=None,
            )
    return found


# In the order of the tables.
METRICS = _with_left_out(
    {
        "w_marginal_exact": Metric(
            "As w_marginal, with the exact law in place of samples of the truth, over the variables of the law; the "
            "marginals of a density have no sampling noise.",
            "exact marginals",
            _W_MARGINAL,
            label="W of the marginals\nfrom the exact law",
            panels={"metrics": 1, "ablation": 5},
            proper=True,
        ),
        "jsd_marginal_exact": Metric(
            "As jsd_marginal, with the exact law in place of samples of the truth, over the variables of the law.",
            "exact marginals",
            _JSD_MARGINAL,
            label="JSD of the marginals\nfrom the exact law (nats)",
            panels={"metrics": 4, "ablation": 3},
            proper=True,
        ),
        "kl_exact": Metric(
            "Kullback–Leibler divergence from the exact law (nats), for the joint distribution of the law's variables; "
            "only for densities. ∞: the density excludes states that occur.",
            "density",
            label="KL divergence of the joint\nfrom the exact law (nats)",
            panels={"metrics": 6, "ablation": 1},
            proper=True,
        ),
        "tv_exact": Metric(
            "Total variation distance (0 to 1) between the density and the exact law, over the variables of the law.",
            "density",
            proper=True,
        ),
        "nll": Metric(
            "Negative log-likelihood of held-out states (nats per variable); only for densities. ∞: a held-out count "
            "lies above the states of the density; raise the data set's states.",
            "density",
            label="−log likelihood of held-out\nstates (nats per variable)",
            panels={"metrics": 8, "ablation": 2},
            proper=True,
            linear=True,
            left_out=LeftOut("−log likelihood of left-out\nstates (nats per variable)", 2),
        ),
        "w_marginal": Metric(
            "Wasserstein distance between the sets of marginals, as the method's released code defines it.",
            "marginals",
            _W_MARGINAL,
            label="W of the marginals\nfrom samples of the truth",
            panels={"metrics": 2, "ablation": 6, "ablations table": 1},
            instead="w_marginal_exact",
        ),
        "w1_marginal": Metric(
            "1-Wasserstein distance between samples of a real variable, in its units, averaged over the variables.",
            "variables",
            Lazy("weightflow.evaluation.metrics", "w1_variables"),
            label="W1 of the marginals\nfrom samples of the truth",
            panels={"metrics": 3, "ablation": 7, "ablations table": 3},
        ),
        "jsd_marginal": Metric(
            "Jensen–Shannon divergence (nats), averaged over the marginals, as the released code defines it.",
            "marginals",
            _JSD_MARGINAL,
            label="JSD of the marginals from\nsamples of the truth (nats)",
            panels={"metrics": 5, "ablation": 4, "ablations table": 2},
            instead="jsd_marginal_exact",
        ),
        "w1_joint": Metric(
            "Exact 1-Wasserstein distance between samples of the joint distributions, in the units of the scaled "
            "states.",
            "joint",
            _W_JOINT,
            part=0,
            label="W1 of the joint\nfrom samples of the truth",
            panels={"metrics": 7},
            left_out=LeftOut("W1 of the joint from\nthe left-out snapshot", 1),
        ),
        "w2_joint": Metric(
            "Exact 2-Wasserstein distance between samples of the joint distributions.",
            "joint",
            _W_JOINT,
            part=1,
            left_out=LeftOut(),
        ),
        "mmd": Metric(
            "Maximum mean discrepancy with the released code's kernels; unbiased, so it can be negative.",
            "joint",
            _MMD,
            part=0,
            left_out=LeftOut(),
        ),
        "mmd_median": Metric(
            "Maximum mean discrepancy with the median distance as the width of the kernel.",
            "joint",
            _MMD,
            part=1,
            left_out=LeftOut(),
        ),
    }
)
_JUDGES = ("kl_exact", "nll")  # of a density as a whole, the better one first


def compute(arguments: Mapping[Comparison, tuple[Any, ...]]) -> dict[str, float]:
    """Every metric whose function has its arguments, in the order of the tables.

    Args:
        arguments: of the functions, by `Metric.compares`.
    """
    found: dict[str, float] = {}
    known: dict[tuple[Lazy, str], Any] = {}  # results of functions that several metrics share
    for name, metric in METRICS.items():
        if metric.function and metric.compares in arguments:
            key = metric.function, metric.compares
            if key not in known:
                known[key] = metric.function.load()(*arguments[metric.compares])
            found[name] = known[key] if metric.part is None else known[key][metric.part]
    return found


def judge(there: Iterable[str], law_of_all: bool) -> str | None:
    """The metric that tells densities apart: the exact divergence, else the likelihood; None where neither can.

    Args:
        there: metrics that there are.
        law_of_all: whether the exact law is that of all variables; the divergence from another one says nothing of
            the rest, so that the likelihood judges.
    """
    there = set(there)
    return next((metric for metric in _JUDGES[not law_of_all :] if metric in there), None)


def ordered(there: Iterable[str], proper: bool) -> list[str]:
    """The metrics there are of one sort, proper or not, in the order of the tables; unknown ones are last."""
    there = set(there)
    known = [name for name, metric in METRICS.items() if name in there and metric.proper == proper]
    return known if proper else known + sorted(there - set(METRICS))


def panels(figure: str, there: Iterable[str]) -> list[str]:
    """The metrics there are that a figure shows, in its order, without those that another one there replaces."""
    there = set(there)
    shown = [name for name in METRICS if name in there and figure in METRICS[name].panels]
    shown.sort(key=lambda name: METRICS[name].panels[figure])
    return [name for name in shown if METRICS[name].instead not in there]


def compared(figure: str, there: Iterable[str], law_of_all: bool) -> list[str]:
    """As `panels`, and of the metrics that judge densities the one that does, where one can; `law_of_all` as there."""
    found = panels(figure, there)
    judging = judge(found, law_of_all)
    return [name for name in found if judging is None or name == judging or name not in _JUDGES]
