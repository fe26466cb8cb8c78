"""Metrics: one entry for each, with its meaning, the function that computes it, and the figures that show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from weightflow.registry import Lazy

Comparison = Literal["density", "exact marginals", "marginals", "variables", "joint"]


@dataclass(frozen=True)
class LeftOut:
    """A metric at left-out snapshots of folds, `…_loo` in the tables.

    Attributes:
        label: of an axis, in two lines; empty if no figure shows it.
        panel: its position in the figure of left-out snapshots; 0 for none.
    """

    label: str = ""
    panel: int = 0


@dataclass(frozen=True)
class Metric:
    """One column of the tables; lower is better.

    Attributes:
        meaning: for the report.
        words: its name in words, with the unit, for headings.
        compares: input of its function. "marginals": probabilities (d, L) of the counts, from the samples and from the
            true states. "exact marginals": the same from the density (else from the samples) and from the exact law,
            if it is known. "variables": samples (n, d), true states (m, d) and weights (n,) of the samples, for real
            values. "joint": the same for counts and real values, at some of the times (`score_tables.Judge`).
            "density": no input, since `density.scoring` computes the metric with the prediction.
        function: from this input to one or several numbers; None for "density" and at left-out snapshots.
        part: index of this metric among the numbers of a shared function.
        label: of an axis, in two lines; empty if no figure shows it.
        panels: positions in figures and in the report's table of ablations, by their names.
        proper: whether it compares a density with the exact law or with states, rather than samples with samples.
        linear: whether its axis is linear; values of other metrics can differ by orders of magnitude.
        instead: the metric whose panel, if present, replaces this one's in figures.
        left_out: the metric at left-out snapshots; None if it is not computed there.
    """

    meaning: str
    words: str
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
    """Name of a metric at left-out snapshots."""
    return f"{name.removesuffix('_joint')}_loo"


def _with_left_out(entries: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics, each followed by the same metric at left-out snapshots, if any."""
    found = {}
    for name, metric in entries.items():
        found[name] = metric
        if own := metric.left_out:
            found[left_out_name(name)] = replace(
                metric,
                meaning=f"As {name}, for a left-out snapshot.",
                words=metric.words.replace("held-out states", "left-out states"),
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
            "Wasserstein distance of the marginals from the exact law (states)",
            "exact marginals",
            _W_MARGINAL,
            label="W of the marginals\nfrom the exact law",
            panels={"metrics": 1, "ablation": 5},
            proper=True,
        ),
        "jsd_marginal_exact": Metric(
            "As jsd_marginal, with the exact law in place of samples of the truth, over the variables of the law.",
            "Jensen–Shannon divergence of the marginals from the exact law (nats)",
            "exact marginals",
            _JSD_MARGINAL,
            label="JSD of the marginals\nfrom the exact law (nats)",
            panels={"metrics": 4, "ablation": 3},
            proper=True,
        ),
        "kl_exact": Metric(
            "Kullback–Leibler divergence from the exact law (nats), for the joint distribution of the law's variables; "
            "only for densities; for Poisson and normal laws the mean over 10 000 draws with a fixed seed. ∞: a state "
            "that occurs is excluded by the data set's ranges or relations, or by backbone.levels.",
            "Kullback–Leibler divergence from the exact law (nats)",
            "density",
            label="KL divergence of the joint\nfrom the exact law (nats)",
            panels={"metrics": 6, "ablation": 1},
            proper=True,
        ),
        "tv_exact": Metric(
            "Total variation distance (0 to 1) between the density and the exact law, over the variables of the law.",
            "total variation from the exact law (0 to 1)",
            "density",
            proper=True,
        ),
        "nll": Metric(
            "Negative log-likelihood of held-out states (nats per variable); only for densities. ∞: a held-out state "
            "is excluded by the data set's ranges or relations, or by backbone.levels.",
            "negative log-likelihood of held-out states (nats per variable)",
            "density",
            label="−log likelihood of held-out\nstates (nats per variable)",
            panels={"metrics": 8, "ablation": 2},
            proper=True,
            linear=True,
            left_out=LeftOut("−log likelihood of left-out\nstates (nats per variable)", 2),
        ),
        "w_marginal": Metric(
            "Wasserstein distance between the sets of marginals, as the method's released code defines it.",
            "Wasserstein distance of the marginals (states)",
            "marginals",
            _W_MARGINAL,
            label="W of the marginals\nfrom samples of the truth",
            panels={"metrics": 2, "ablation": 6, "ablations table": 1},
            instead="w_marginal_exact",
        ),
        "w1_marginal": Metric(
            "1-Wasserstein distance between samples of a real variable, in its units, averaged over the variables.",
            "Wasserstein distance of each variable (its unit)",
            "variables",
            Lazy("weightflow.evaluation.metrics", "w1_variables"),
            label="W1 of the marginals\nfrom samples of the truth",
            panels={"metrics": 3, "ablation": 7, "ablations table": 3},
        ),
        "jsd_marginal": Metric(
            "Jensen–Shannon divergence (nats), averaged over the marginals, as the released code defines it.",
            "Jensen–Shannon divergence of the marginals (nats)",
            "marginals",
            _JSD_MARGINAL,
            label="JSD of the marginals from\nsamples of the truth (nats)",
            panels={"metrics": 5, "ablation": 4, "ablations table": 2},
            instead="jsd_marginal_exact",
        ),
        "w1_joint": Metric(
            "Exact 1-Wasserstein distance between samples of the joint distributions, in the units of the scaled "
            "states.",
            "Wasserstein-1 distance of the joint distribution (states)",
            "joint",
            _W_JOINT,
            part=0,
            label="W1 of the joint\nfrom samples of the truth",
            panels={"metrics": 7},
            left_out=LeftOut("W1 of the joint from\nthe left-out snapshot", 1),
        ),
        "w2_joint": Metric(
            "Exact 2-Wasserstein distance between samples of the joint distributions.",
            "Wasserstein-2 distance of the joint distribution (states)",
            "joint",
            _W_JOINT,
            part=1,
            left_out=LeftOut(),
        ),
        "mmd": Metric(
            "Maximum mean discrepancy with the released code's kernels; unbiased, so it can be negative.",
            "maximum mean discrepancy, released kernels (no unit)",
            "joint",
            _MMD,
            part=0,
            left_out=LeftOut(),
        ),
        "mmd_median": Metric(
            "Maximum mean discrepancy with the median distance as the width of the kernel.",
            "maximum mean discrepancy, median kernel (no unit)",
            "joint",
            _MMD,
            part=1,
            left_out=LeftOut(),
        ),
    }
)
_JUDGES = ("kl_exact", "nll")  # metrics of a whole density, the preferred one first


def compute(arguments: Mapping[Comparison, tuple[Any, ...]]) -> dict[str, float]:
    """Every metric with a given input, in the order of the tables.

    Args:
        arguments: inputs of the functions, by `Metric.compares`.
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
    """The metric that ranks densities: the exact divergence, else the likelihood; None without both.

    Args:
        there: available metrics.
        law_of_all: whether the exact law covers all variables; if not, the divergence ignores the others, and the
            likelihood ranks.
    """
    there = set(there)
    return next((metric for metric in _JUDGES[not law_of_all :] if metric in there), None)


def ordered(there: Iterable[str], proper: bool) -> list[str]:
    """The available metrics of one sort, proper or not, in the order of the tables; unknown ones are last."""
    there = set(there)
    known = [name for name, metric in METRICS.items() if name in there and metric.proper == proper]
    return known if proper else known + sorted(there - set(METRICS))


def panels(figure: str, there: Iterable[str]) -> list[str]:
    """The available metrics of a figure, in its order, without those that another available metric replaces."""
    there = set(there)
    shown = [name for name in METRICS if name in there and figure in METRICS[name].panels]
    shown.sort(key=lambda name: METRICS[name].panels[figure])
    return [name for name in shown if METRICS[name].instead not in there]


def compared(figure: str, there: Iterable[str], law_of_all: bool) -> list[str]:
    """As `panels`, with only one of the metrics that rank densities; `law_of_all` as for `judge`."""
    found = panels(figure, there)
    judging = judge(found, law_of_all)
    return [name for name in found if judging is None or name == judging or name not in _JUDGES]
