"""Searches for the best values of several settings."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

_FURTHEST = 10.0  # ratio of a value beyond a list to its end
_EXTENSIONS = 3  # of a list
_GRID = 3  # values of a list that is extended


def best_in_turn(
    options: Mapping[str, Sequence[float]],
    judge: Callable[[dict[str, float]], float],
    ordered: Collection[str] = (),
) -> tuple[dict[str, float], list[list[float]]]:
    """The best value of one setting after another; later settings stay at their first value.

    Args:
        options: values by name, in the order of the search.
        judge: score of a candidate, lower is better; called once per candidate, and never without a choice.
        ordered: settings whose list of at least three numbers is climbed from its first value in steps of size, as
            long as the score improves. A list goes on beyond its ends, up to three times; 0 is an end.

    Returns:
        The choice, and a row for each candidate: its values in the order of the options, and its score.
    """
    choice, scores = {name: values[0] for name, values in options.items()}, {}

    def scored(candidate: dict[str, float]) -> float:
        if (key := tuple(candidate.values())) not in scores:
            scores[key] = judge(candidate)
        return scores[key]

    for name, values in options.items():

        def of(value: float, name: str = name) -> float:
            return scored(choice | {name: value})

        if name in ordered and len(values) >= _GRID:
            choice[name] = _climb(values, of)
        elif len(values) > 1:
            choice[name] = min(values, key=of)
    return choice, [[*values, score] for values, score in scores.items()]


def _climb(values: Sequence[float], score: Callable[[float], float]) -> float:
    """The best value upwards, else downwards, from the first of a list."""
    best = values[0]
    for is_up in (True, False):
        grid = sorted(values, reverse=not is_up)
        grid = grid[grid.index(best) :] if best in grid else []
        tried = 0
        while grid:
            if len(grid) == 1:
                further = beyond(sorted(values, reverse=not is_up)) if tried < _EXTENSIONS else None
                tried += 1
                values = values if further is None else (*values, further)
                grid += [] if further is None else [further]
            if len(grid) == 1 or score(grid[1]) >= score(best):
                break
            best = grid[1]
            grid = grid[1:]
        if best != values[0]:
            break
    return best


def beyond(grid: Sequence[float]) -> float | None:
    """The value that continues a grid in its direction by its last ratio; None beyond 0 or after a single number."""
    *_, before, last = grid
    if last == 0 or before == 0:
        return None
    return float(f"{last * min(max(last / before, 1 / _FURTHEST), _FURTHEST):.3g}")


def best_of_all(
    options: Mapping[str, Sequence[float]],
    judge: Callable[[dict[str, float]], float],
    ordered: Collection[str] = (),
) -> tuple[dict[str, float], list[list[float]]]:
    """The best of all combinations of values, for settings that interact, such as width and smoothing.

    Arguments and results as for `best_in_turn`, with all combinations of the listed values.
    """
    candidates = [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    if len(candidates) == 1:
        return candidates[0], []
    scores = [judge(candidate) for candidate in candidates]
    rows = [[*candidate.values(), score] for candidate, score in zip(candidates, scores, strict=True)]
    return candidates[int(np.argmin(scores))], rows
