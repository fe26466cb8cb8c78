"""Searches for the best values of several settings."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np


def best_in_turn(
    options: Mapping[str, Sequence[float]], judge: Callable[[dict[str, float]], float]
) -> tuple[dict[str, float], list[list[float]]]:
    """The best value of one setting after another; later settings stay at their first value.

    Args:
        options: values by name, in the order of the search.
        judge: score of a candidate, lower is better; called once per candidate, and never without a choice.

    Returns:
        The choice, and a row for each candidate: its values in the order of the options, and its score.
    """
    choice, scores = {name: values[0] for name, values in options.items()}, {}
    for name, values in options.items():
        candidates = [choice | {name: value} for value in values]
        for candidate in candidates if len(candidates) > 1 else []:
            if (key := tuple(candidate.values())) not in scores:
                scores[key] = judge(candidate)
        choice = min(candidates, key=lambda candidate: scores.get(tuple(candidate.values()), 0.0))
    return choice, [[*values, score] for values, score in scores.items()]


def best_of_all(
    options: Mapping[str, Sequence[float]], judge: Callable[[dict[str, float]], float]
) -> tuple[dict[str, float], list[list[float]]]:
    """The best of all combinations of values, for settings that interact, such as width and smoothing.

    Arguments and results as for `best_in_turn`.
    """
    candidates = [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    if len(candidates) == 1:
        return candidates[0], []
    scores = [judge(candidate) for candidate in candidates]
    rows = [[*candidate.values(), score] for candidate, score in zip(candidates, scores, strict=True)]
    return candidates[int(np.argmin(scores))], rows
