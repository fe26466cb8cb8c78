"""What each metric is: what it means, how its axis is labelled, and which other one says the same better."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One column of the tables.

    Attributes:
        meaning: for the report.
        label: of an axis, in two lines; empty where no figure shows it.
        proper: judges a density by the exact law or by likelihood, instead of samples by samples.
        linear: drawn on a linear axis; the others can be orders of magnitude apart.
        instead: the metric whose panel replaces this one's in figures where there is one.
    """

    meaning: str
    label: str = ""
    proper: bool = False
    linear: bool = False
    instead: str | None = None


# In the order of the tables.
CATALOGUE = {
    "w_marginal_exact": Metric(
        "As w_marginal, with the marginals of the exact law for the truth, of the variables that it knows; a "
        "density's own marginals have no sampling noise.",
        "W of the marginals\nfrom the exact law",
        proper=True,
    ),
    "jsd_marginal_exact": Metric(
        "As jsd_marginal, with the marginals of the exact law, of the variables that it knows.",
        "JSD of the marginals\nfrom the exact law (nats)",
        proper=True,
    ),
    "kl_exact": Metric(
        "Kullback–Leibler divergence (nats, of the joint distribution of the variables that the law knows) from the "
        "exact law; only densities have one. ∞: the density excludes states that occur.",
        "KL divergence of the joint\nfrom the exact law (nats)",
        proper=True,
    ),
    "tv_exact": Metric(
        "Total variation, 0 to 1, between the density and the exact law, of the variables that the law knows.",
        proper=True,
    ),
    "nll": Metric(
        "Negative log-likelihood (nats per variable) of held-out states; only densities have one. ∞: a held-out "
        "count lies above the states of the density; raise the data set's states.",
        "−log likelihood of held-out\nstates (nats per variable)",
        proper=True,
        linear=True,
    ),
    "nll_loo": Metric(
        "Negative log-likelihood (nats per variable) of a snapshot that was left out; only densities have one.",
        "−log likelihood of left-out\nstates (nats per variable)",
        proper=True,
        linear=True,
    ),
    "w_marginal": Metric(
        "Wasserstein distance between the sets of marginals, as the method's released code defines it.",
        "W of the marginals\nfrom samples of the truth",
        instead="w_marginal_exact",
    ),
    "w1_marginal": Metric(
        "1-Wasserstein distance between samples of a real variable, in its units, mean over the variables.",
        "W1 of the marginals\nfrom samples of the truth",
    ),
    "jsd_marginal": Metric(
        "Jensen–Shannon divergence (nats), mean over the marginals, as the released code defines it.",
        "JSD of the marginals from\nsamples of the truth (nats)",
        instead="jsd_marginal_exact",
    ),
    "w1_joint": Metric(
        "Exact 1-Wasserstein distance between samples of the joint distributions, in the units of the scaled states.",
        "W1 of the joint\nfrom samples of the truth",
    ),
    "w2_joint": Metric("Exact 2-Wasserstein distance between samples of the joint distributions."),
    "mmd": Metric("Maximum mean discrepancy with the released code's kernels; unbiased, so it can be negative."),
    "mmd_median": Metric("Maximum mean discrepancy with a kernel as wide as the median distance."),
    "w1_loo": Metric(
        "Exact 1-Wasserstein distance between samples of the joint distribution and a snapshot that was left out.",
        "W1 of the joint from\nthe left-out snapshot",
    ),
    "w2_loo": Metric("As w1_loo, of the exact 2-Wasserstein distance."),
    "mmd_loo": Metric("As mmd, from a snapshot that was left out."),
    "mmd_median_loo": Metric("As mmd_median, from a snapshot that was left out."),
}
_JUDGES = ("kl_exact", "nll")  # of a density as a whole, the better one first


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
    known = [name for name, metric in CATALOGUE.items() if name in there and metric.proper == proper]
    return known if proper else known + sorted(there - set(CATALOGUE))


def panels(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    """The wanted metrics that there are, without those that another one there replaces."""
    there = set(there)
    return [name for name in wanted if name in there and CATALOGUE[name].instead not in there]


def compared(wanted: Iterable[str], there: Iterable[str], law_of_all: bool) -> list[str]:
    """As `panels`, and of the metrics that judge densities the one that does, where one can; `law_of_all` as there."""
    found = panels(wanted, there)
    judging = judge(found, law_of_all)
    return [name for name in found if judging is None or name == judging or name not in _JUDGES]
