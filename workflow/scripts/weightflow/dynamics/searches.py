"""Searches for the best values of several settings."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np


_EXTENSIONS = 3  # of a list whose first or last value is the best


def best_in_turn(
    options: Mapping[str, Sequence[float]],
    judge: Callable[[dict[str, float]], float],
    extended: Collection[str] = (),
) -> tuple[dict[str, float], list[list[float]]]:
    """The best value of one setting after another; later settings stay at their first value.

    Args:
        options: values by name, in the order of the search.
        judge: score of a candidate, lower is better; called once per candidate, and never without a choice.
        extended: settings of positive numbers whose list goes on, up to three times, while its smallest or largest
            value is the best; 0 is the end of a list.

    Returns:
        The choice, and a row for each candidate: its values in the order of the options, and its score.
    """
    choice, scores = {name: values[0] for name, values in options.items()}, {}

    def scored(candidate: dict[str, float]) -> float:
        if (key := tuple(candidate.values())) not in scores:
            scores[key] = judge(candidate)
        return scores[key]

    for name, values in options.items():
        if len(values) == 1:
            choice = choice | {name: values[0]}
            continue
        tried = list(values)
        best = min(tried, key=lambda value: scored(choice | {name: value}))
        for _ in range(_EXTENSIONS if name in extended else 0):
            if (further := beyond(tried, best)) is None:
                break
            tried.append(further)
            if scored(choice | {name: further}) >= scored(choice | {name: best}):
                break
            best = further
        choice = choice | {name: best}
    return choice, [[*values, score] for values, score in scores.items()]


def beyond(values: Sequence[float], best: float) -> float | None:
    """The value that continues a list beyond its smallest or largest one, by the ratio there; None inside."""
    ordered = sorted(values)
    positive = [value for value in ordered if value > 0]
    if len(positive) < 2 or best not in (ordered[0], ordered[-1]) or best == 0:
        return None
    near = positive[1] if best == ordered[0] else positive[-2]
    return float(f"{best * best / near:.3g}")


def best_of_all(
    options: Mapping[str, Sequence[float]],
    judge: Callable[[dict[str, float]], float],
    extended: Collection[str] = (),
) -> tuple[dict[str, float], list[list[float]]]:
    """The best of all combinations of values, for settings that interact, such as width and smoothing.

    Arguments and results as for `best_in_turn`, but no list goes on.
    """
    candidates = [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    if len(candidates) == 1:
        return candidates[0], []
    scores = [judge(candidate) for candidate in candidates]
    rows = [[*candidate.values(), score] for candidate, score in zip(candidates, scores, strict=True)]
    return candidates[int(np.argmin(scores))], rows
