"""Searches for the best values of several settings."""

import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

_FURTHEST = 10.0  # largest ratio of a value beyond a list to its end, or of the end to the value
_EXTENSIONS = 3  # values beyond a list, at most
_GRID = 3  # fewest values of a list that is climbed; two may be alternatives

Candidate = dict[str, float]  # a value of each setting


@dataclass(frozen=True)
class Caution:
    """How a search treats ordered settings.

    Attributes:
        ordered: settings whose list of at least three numbers is climbed from its first value in steps of size, as long
            as the score improves. A list goes on beyond its ends, up to three times; 0 is an end.
        doubted: those of them whose steps must improve the score by more than chance; so must steps beyond a list.
        largest: largest possible values, at which a list ends.
        error: two standard errors of the difference between the scores of two candidates.
    """

    ordered: Collection[str] = ()
    doubted: Collection[str] = ()
    largest: Mapping[str, float] = field(default_factory=dict)
    error: Callable[[Candidate, Candidate], float] = lambda one, other: 0.0


def best_in_turn(
    options: Mapping[str, Sequence[float]], judge: Callable[[Candidate], float], caution: Caution | None = None
) -> tuple[Candidate, list[list[float]]]:
    """The best value of one setting after another; later settings stay at their first value.

    Args:
        options: values by name, in the order of the search.
        judge: score of a candidate, lower is better; called once per candidate, and never without a choice.
        caution: how ordered settings are treated; None knows of none.

    Returns:
        The choice, and a row for each candidate: its values in the order of the options, and its score.
    """
    choice, scores = {name: values[0] for name, values in options.items()}, {}
    caution = caution or Caution()

    def scored(candidate: Candidate) -> float:
        if (key := tuple(candidate.values())) not in scores:
            scores[key] = judge(candidate)
        return scores[key]

    for name, values in options.items():
        if name in caution.ordered and len(values) >= _GRID:

            def improves(value: float, best: float, is_beyond: bool, name: str = name) -> bool:
                one, other = choice | {name: value}, choice | {name: best}
                gain = scored(other) - scored(one)
                return gain > (caution.error(one, other) if is_beyond or name in caution.doubted else 0.0)

            choice[name] = _climb(values, improves, caution.largest.get(name, math.inf))
        elif len(values) > 1:
            choice[name] = min(values, key=lambda value, name=name: scored(choice | {name: value}))  # type: ignore[misc]
    return choice, [[*values, score] for values, score in scores.items()]


def _climb(values: Sequence[float], improves: Callable[[float, float, bool], bool], largest: float) -> float:
    """The best value upwards, else downwards, from the first of a list.

    Args:
        values: the list.
        improves: whether a value is better than another; the third argument says whether it is beyond the list.
        largest: possible value.
    """
    for is_up in (True, False):
        grid = sorted(values, reverse=not is_up)
        place, listed = grid.index(values[0]), len(grid)
        while True:
            if place + 1 == len(grid):
                further = beyond(grid) if len(grid) < listed + _EXTENSIONS else None
                if further is None or grid[-1] >= largest:
                    break
                grid.append(min(further, largest))
            if not improves(grid[place + 1], grid[place], place + 1 >= listed):
                break
            place += 1
        if grid[place] != values[0]:
            return grid[place]
    return values[0]


def beyond(grid: Sequence[float]) -> float | None:
    """The value that continues a grid of two or more by its last ratio; None if its end, or the value before, is 0."""
    *_, before, last = grid
    if last == 0 or before == 0:
        return None
    return float(f"{last * min(max(last / before, 1 / _FURTHEST), _FURTHEST):.3g}")


def best_of_all(
    options: Mapping[str, Sequence[float]], judge: Callable[[Candidate], float], caution: Caution | None = None
) -> tuple[Candidate, list[list[float]]]:
    """The best of all combinations of values, for settings that interact, such as width and smoothing.

    Arguments and results as for `best_in_turn`, with all combinations of the listed values.
    """
    candidates = [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]
    if len(candidates) == 1:
        return candidates[0], []
    scores = [judge(candidate) for candidate in candidates]
    rows = [[*candidate.values(), score] for candidate, score in zip(candidates, scores, strict=True)]
    return candidates[int(np.argmin(scores))], rows
