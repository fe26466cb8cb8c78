"""How far to trust a model: its calibration on held-out states, and its likelihood beside the best alternative's.

The evidence is, in this order: left-out snapshots; times between the snapshots; times past the last one; held-out
states of the snapshots.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from weightflow.baselines.registry import is_floor, is_model
from weightflow.data.folds import fold_of
from weightflow.evaluation.calibration import COVERAGES, inside

LEFT_OUT, UNSEEN, PAST, SEEN = "left-out snapshots", "between", "past the last snapshot", "the snapshots themselves"
BETTER, LEVEL, WORSE = "better than", "level with", "worse than"
NLL = "nll"
_SURE = 0.05  # probability that two methods without a difference are not level
_CHANCE = 0.01  # that the furthest of all differences is told without reason


@dataclass(frozen=True)
class Verdict:
    """A model beside the best of the alternatives, by the likelihood of states that no model was trained on.

    Attributes:
        word: one of `BETTER`, `LEVEL` and `WORSE`; level unless a t test over the times tells them apart at 5 %.
        other: the alternative with the highest mean likelihood.
        gain: nats per variable that the model is ahead, the mean over times.
        error: its standard error over times; NaN for a single time.
        times: number of times at which the model has a likelihood.
    """

    word: str
    other: str
    gain: float
    error: float
    times: int


@dataclass(frozen=True)
class Trust:
    """The evidence about one model on a data set.

    Attributes:
        evidence: what kind of times it is from.
        calibration: rows of `calibration.tabulate_calibration` at these times.
        likelihood: table time, model_nll, other_nll, other, gain (nats per variable; positive where the model is
            likelier); empty without an alternative.
        verdict: beside the alternative that is best on average; None without one, or without a finite likelihood.
    """

    evidence: str
    calibration: pd.DataFrame
    likelihood: pd.DataFrame
    verdict: Verdict | None = None

    def coverage(self, share: float) -> pd.Series:
        """Share of states in a central interval, by variable; weighted by the number of states."""
        weighted = self.calibration[inside(share)] * self.calibration["states"]
        grouped = weighted.groupby(self.calibration["variable"], sort=False).sum()
        return grouped / self.calibration.groupby("variable", sort=False)["states"].sum()

    @property
    def worst(self) -> tuple[str, float, float, float] | None:
        """Variable, time and share of the central interval whose coverage is furthest from its share; the difference.

        None if no difference is beyond what chance gives among so many variables, times and intervals (one in a
        hundred).
        """
        cells, found = self.calibration.groupby(["variable", "time"], sort=False), []
        for share in COVERAGES:
            away = cells[inside(share)].mean() - share
            spread = np.sqrt(share * (1 - share) / cells["states"].first())
            sure = away[away.abs() > norm.isf(_CHANCE / 2 / max(len(away) * len(COVERAGES), 1)) * spread]
            if len(sure):
                variable, time = sure.abs().idxmax()
                found.append((variable, float(time), share, float(away[variable, time])))
        return max(found, key=lambda one: abs(one[3]), default=None)


def judge_trust(
    calibration: pd.DataFrame,
    metrics: pd.DataFrame,
    left_out: pd.DataFrame | None,
    dataset: str,
    model: str,
    runs: Sequence[str],
) -> Trust:
    """The evidence about a model.

    Args:
        calibration: of all models, also on folds.
        metrics: table with `score_tables.COLUMNS`.
        left_out: metrics at left-out snapshots, with the same columns; None without folds.
        dataset: name of the data set.
        model: name of the model.
        runs: models and baselines; the alternatives are the baselines.
    """
    own = calibration[calibration["model"] == model]
    folds = own[[fold_of(name).left_out is not None for name in own["dataset"]]]
    whole = own[own["dataset"] == dataset]
    if len(folds):
        return _trust(LEFT_OUT, folds, _scores(left_out, dataset, "nll_loo"), model, runs)
    first, last = whole["time"].min(), whole.loc[whole["seen"], "time"].max()
    table = metrics[(metrics["dataset"] == dataset) & (metrics["time"] > first)]
    last = max(table.loc[table["seen"], "time"].max(), last) if table["seen"].any() else last
    for evidence, is_there in ((UNSEEN, lambda part: part["time"] < last), (PAST, lambda part: part["time"] > last)):
        unseen = whole[~whole["seen"] & is_there(whole)]
        if len(unseen):
            judged = table[~table["seen"] & is_there(table)]
            return _trust(evidence, unseen, _scores(judged, dataset, NLL), model, runs)
    return _trust(SEEN, whole, _scores(table, dataset, NLL), model, runs)


def find_verdict(
    metrics: pd.DataFrame, left_out: pd.DataFrame | None, dataset: str, model: str, runs: Sequence[str]
) -> tuple[str, Verdict] | None:
    """The evidence, as of `Trust`, and the verdict on it; None without one.

    Args:
        metrics: table with `score_tables.COLUMNS`.
        left_out: metrics at left-out snapshots, with the same columns; None without folds.
        dataset: name of the data set.
        model: name of the model.
        runs: models and baselines; the alternatives are the baselines.
    """
    folds = _scores(left_out, dataset, "nll_loo")
    table = metrics[(metrics["dataset"] == dataset) & (metrics["time"] > metrics["time"].min())]
    parts = {
        UNSEEN: table[~table["seen"] & ~table["extrapolated"]],
        PAST: table[table["extrapolated"]],
        SEEN: table[table["seen"]],
    }
    for evidence, scores in ((LEFT_OUT, folds), *((name, _scores(part, dataset, NLL)) for name, part in parts.items())):
        if len(scores):
            found = verdict_on(scores, model, runs)
            return None if found is None else (evidence, found)
    return None


def find_recommended(
    metrics: pd.DataFrame, left_out: pd.DataFrame | None, dataset: str, model: str, runs: Sequence[str]
) -> str:
    """The model, unless the evidence says that a baseline is better; arguments as of `find_verdict`."""
    found = find_verdict(metrics, left_out, dataset, model, runs)
    return found[1].other if found and found[1].word == WORSE else model


def verdict_on(scores: pd.DataFrame, model: str, runs: Sequence[str]) -> Verdict | None:
    """The verdict from mean negative log-likelihoods.

    Args:
        scores: a row for each time, a column for each run, in nats per variable.
        model: name of the model.
        runs: models and baselines; the alternatives are the baselines that have a likelihood.

    Returns:
        None without an alternative, or if the model gives a state no probability.
    """
    others = _alternatives(scores, runs)
    if model not in scores or not others:
        return None
    known = scores[scores[model].notna()]
    means = known[others].fillna(np.inf).mean()
    other = str(means.idxmin()) if len(known) else ""
    if not other or not np.isfinite(known[model]).all() or not np.isfinite(means[other]):
        return None
    gains = known[other] - known[model]
    gain, error = float(gains.mean()), float(gains.sem())
    sure = len(gains) > 1 and abs(gain) > t.isf(_SURE / 2, len(gains) - 1) * error
    word = (BETTER if gain > 0 else WORSE) if sure else LEVEL
    return Verdict(word, other, gain, error, len(gains))


def _alternatives(scores: pd.DataFrame, runs: Sequence[str]) -> list[str]:
    """The baselines among the runs that have a likelihood."""
    return [run for run in runs if run in scores and not is_model(run) and not is_floor(run)]


def _trust(evidence: str, calibration: pd.DataFrame, scores: pd.DataFrame, model: str, runs: Sequence[str]) -> Trust:
    return Trust(evidence, calibration, _likelihood(scores, model, runs), verdict_on(scores, model, runs))


def _scores(table: pd.DataFrame | None, dataset: str, metric: str) -> pd.DataFrame:
    """Mean values by time and run."""
    if table is None:
        return pd.DataFrame()
    own = table[(table["dataset"] == dataset) & (table["metric"] == metric)]
    return own.pivot_table(index="time", columns="model", values="value", aggfunc="mean")


def _likelihood(means: pd.DataFrame, model: str, runs: Sequence[str]) -> pd.DataFrame:
    columns = ["time", "model_nll", "other_nll", "other", "gain"]
    others = _alternatives(means, runs)
    if model not in means or not others:
        return pd.DataFrame(columns=columns)
    means = means[means[model].notna() & means[others].notna().any(axis=1)]
    best = means[others].fillna(np.inf)
    found = pd.DataFrame({"time": means.index, "model_nll": means[model].to_numpy()})
    found["other_nll"], found["other"] = best.min(axis=1).to_numpy(), best.idxmin(axis=1).to_numpy()
    found["gain"] = found["other_nll"] - found["model_nll"]
    return found[columns]
