"""Choices made from data: teachers, widths and smoothing, numbers of steps, and the best model.

Tables for the report and its figure, from the scores of the candidates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weightflow.evaluation.registry import METRICS, judge
from weightflow.evaluation.score_tables import at_unseen_times
from weightflow.teaching.registry import MEMBERS
from weightflow.teaching.scoring import EVERY
from weightflow.teaching.teachers import FIELDS, Parts, parts_from, teacher_of

TEACHER, SMOOTHING, STEPS = KINDS = ("teacher", "smoothing", "steps")
_RANKED = (
    "interval",
    "teacher",
    "bandwidth",
    "nll",
    "behind",
    "error",
    "part",
    "chosen",
    "candidates",
    "times",
    "behind_at",
)
INTERVALS = {"first": "first interval", "later": "all other intervals", EVERY: "every interval"}
MARKED = 0.05  # least part of the states that makes a teacher a chosen one


@dataclass(frozen=True)
class Choice:
    """One choice and the scores it was made by.

    Attributes:
        kind: one of `KINDS`.
        models: the models that share it.
        seed: of the models; None if all seeds share it.
        made: the choice, as in its JSON file.
        scores: table of the candidates; without rows for a single candidate.
    """

    kind: str
    models: Sequence[str]
    seed: int | None
    made: Mapping[str, Any]
    scores: pd.DataFrame

    @property
    def title(self) -> str:
        """The models' names."""
        return ", ".join(self.models)


def rank_teachers(choice: Choice, most: int) -> pd.DataFrame:
    """The likeliest candidates of each interval, and the chosen ones.

    Args:
        choice: of kind teacher.
        most: number of likeliest candidates of an interval.

    Returns:
        Table interval [first|later|every], teacher (label), bandwidth, nll (nats per state, mean over the left-out
        snapshots), behind (nats behind the likeliest), error (standard error of `behind`), part (of the states that it
        gives), chosen (whether that is a twentieth at least), candidates (how many there were), times and behind_at (of
        each left-out snapshot, lists); intervals in order, likeliest first; empty for two snapshots.
    """
    rows = []
    for interval, own in choice.scores.groupby("interval", sort=False):
        parts = dict(chosen_teachers(choice, str(interval)))
        nll = own.pivot_table(index=FIELDS, columns="time", values="nll", sort=False)
        means = nll.mean(axis=1).sort_values(kind="stable")
        ahead = nll.loc[means.index[0]]
        groups = own.groupby(FIELDS, sort=False)
        error = groups["error"].agg(lambda errors: np.sqrt((errors**2).sum()) / len(errors))
        bandwidth = groups["bandwidth"].first()
        for place, values in enumerate(means.index):
            teacher = teacher_of(values)
            part = parts.get(teacher, 0.0)
            if place < most or part >= MARKED:
                behind = nll.loc[values] - ahead
                rows.append(
                    {
                        "interval": interval,
                        "teacher": teacher.label,
                        "bandwidth": bandwidth[values],
                        "nll": means[values],
                        "behind": behind.mean(),
                        "error": error[values],
                        "part": part,
                        "chosen": part >= MARKED,
                        "candidates": len(means),
                        "times": list(nll.columns),
                        "behind_at": behind.tolist(),
                    }
                )
    return pd.DataFrame(rows, columns=_RANKED)


def chosen_teachers(choice: Choice, interval: str) -> Parts:
    """The teachers that give the states of an interval (first, later or every), and their parts."""
    return parts_from(choice.made["first" if interval == EVERY else interval])


def informed_models(choices: Sequence[Choice]) -> list[str]:
    """Models that learn from more than snapshots: a chosen teacher uses the propensities of the system.

    Args:
        choices: of any kind.
    """
    found: list[str] = []
    for choice in choices:
        if choice.kind == TEACHER:
            chosen = [*chosen_teachers(choice, "first"), *chosen_teachers(choice, "later")]
            if any(MEMBERS[teacher.member].of_systems for teacher, _ in chosen):
                found += choice.models
    return list(dict.fromkeys(found))


def smoothing_scores(choice: Choice) -> pd.DataFrame:
    """Validation scores of the candidates for width and smoothing.

    Args:
        choice: of kind smoothing.

    Returns:
        Table of the candidates' settings, nll (nats per state), chosen; empty for a single candidate.
    """
    candidates = choice.scores.drop(columns="nll").astype(float)
    made = [float(choice.made[name]) for name in candidates] if len(candidates) else []
    return choice.scores.assign(chosen=np.isclose(candidates, made).all(axis=1) if made else [])


def steps_chosen(choices: Sequence[Choice]) -> pd.DataFrame:
    """The chosen numbers of steps of fields.

    Args:
        choices: of kind steps.

    Returns:
        Table model, seed, steps, most (steps tried), gain (decrease of the validation nll from step 0, nats per state).
    """
    rows = []
    for choice in choices:
        nll = choice.scores.set_index("step")["nll"]
        steps = choice.made["steps"]
        rows.append((choice.title, choice.seed, steps, nll.index.max(), nll.iloc[0] - nll[steps]))
    return pd.DataFrame(rows, columns=["model", "seed", "steps", "most", "gain"])


@dataclass(frozen=True)
class Ranking:
    """Models by one metric.

    Attributes:
        metric: from `metric_registry.judge`.
        times: unseen; extrapolated if no time is unseen; all if no time is either.
        scores: model, mean, std (over seeds), n; the best first.
    """

    metric: str
    times: str
    scores: pd.DataFrame


def rank_models(summary: pd.DataFrame, models: Sequence[str], law_of_all: bool) -> Ranking | None:
    """Rank models by the exact divergence, else by likelihood, over unseen times; None without a common metric.

    Args:
        summary: of one data set, model, metric, times, mean, std, n.
        models: to rank; ties keep their order.
        law_of_all: whether the exact law covers all variables.
    """
    own = at_unseen_times(summary)
    own = own[own["model"].isin(models) & own["mean"].notna()]
    having = own.groupby("metric")["model"].nunique()
    metric = judge(having.index[having == len(models)], law_of_all)
    if metric is None:
        return None
    scores = own[own["metric"] == metric].set_index("model").loc[list(models), ["mean", "std", "n"]].reset_index()
    scores = scores.sort_values("mean", kind="stable", ignore_index=True)
    return Ranking(metric, own["times"].iloc[0], scores)


def verdict(ranking: Ranking | None, default: str) -> str:
    """One or two sentences that compare the default model with the best of the other models.

    Args:
        ranking: of the data set's models.
        default: the first model.
    """
    if ranking is None:
        return ""
    scores, where = ranking.scores, f"{METRICS[ranking.metric].words} over {ranking.times} times"
    best = scores.iloc[0]
    if np.isinf(best["mean"]):
        keys = "the data set's ranges or relations, or by backbone.levels"
        return f"The {where} is infinite for all models: a state is excluded by {keys}."
    if len(scores) == 1:
        return f"{default} is the only model; its {where} is {_value(best)}."
    own = scores[scores["model"] == default].iloc[0]
    if best["model"] == default:
        second = scores.iloc[1]
        text = (
            f"The first model, {default}, has the lowest {where} of the {len(scores)} models: {_value(best)}; "
            f"next is {second['model']} with {_value(second)}."
        )
        rival = second
    else:
        text = (
            f"{best['model']} has the lowest {where} of the {len(scores)} models: {_value(best)}; the first model, "
            f"{default}, has {_value(own)}."
        )
        rival = own
    spread = np.hypot(best["std"], rival["std"])
    if np.isinf(rival["mean"]):
        return text
    if np.isnan(spread):
        return f"{text} One seed does not tell whether the difference is chance."
    if rival["mean"] - best["mean"] <= spread:
        return f"{text} The difference is within the standard deviation over seeds."
    return text


def _value(row: pd.Series) -> str:
    if np.isinf(row["mean"]):
        return "∞"
    spread = "" if np.isnan(row["std"]) else f" ± {row['std']:.2g}"
    return f"{row['mean']:.4g}{spread}"
