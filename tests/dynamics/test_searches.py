"""Searches find the best values, and judge no candidate twice."""

import pytest

from weightflow.dynamics.registry import SEARCHES
from weightflow.dynamics.searches import Caution, best_in_turn, best_of_all, beyond


def test_settings_are_chosen_in_turn_and_no_candidate_is_judged_twice():
    judged = []

    def judge(candidate: dict[str, float]) -> float:
        judged.append(tuple(candidate.values()))
        return (candidate["a"] - 2) ** 2 + (candidate["b"] - candidate["a"]) ** 2

    choice, rows = best_in_turn({"a": [1, 2, 3], "b": [1, 3, 2], "c": [5]}, judge)
    assert choice == {"a": 1, "b": 1, "c": 5}  # of equals the first, and what was chosen stays
    assert judged == [tuple(row[:3]) for row in rows]
    assert len(set(judged)) == len(judged) == 5
    assert rows[0] == [1, 1, 5, 1]


def test_a_grid_finds_what_only_both_together_make_better():
    def judge(candidate):
        return {(1, 1): 2.0, (1, 2): 3.0, (2, 1): 3.0, (2, 2): 1.0}[tuple(candidate.values())]

    options = {"a": [1, 2], "b": [1, 2]}
    assert best_in_turn(options, judge)[0] == {"a": 1, "b": 1}
    choice, rows = best_of_all(options, judge)
    assert choice == {"a": 2, "b": 2}
    assert rows == [[1, 1, 2], [1, 2, 3], [2, 1, 3], [2, 2, 1]]


@pytest.mark.parametrize("search", SEARCHES)
def test_without_alternatives_nothing_is_judged(search):
    assert SEARCHES[search].choose.load()({"a": [7], "b": [8]}, None) == ({"a": 7, "b": 8}, [])


def climbed(values: list[float], best: float, caution: Caution) -> tuple[float, list[float]]:
    """The choice among values of a parabola with a minimum, and the judged values in order."""
    choice, rows = best_in_turn({"a": values}, lambda candidate: (candidate["a"] - best) ** 2, caution)
    return choice["a"], [row[0] for row in rows]


@pytest.mark.parametrize(
    ("best", "found", "judged"),
    [
        (2, 2, [4, 2, 8, 1]),
        (100, 64, [8, 4, 16, 32, 64]),  # three values beyond the list, and no more
        (0.4, 0.5, [4, 8, 2, 1, 0.5, 0.25]),
    ],
)
def test_an_ordered_list_is_climbed_from_its_first_value_and_beyond_its_ends(best, found, judged):
    choice, tried = climbed([4, 2, 8], best, Caution({"a"}))
    assert choice == found
    assert set(tried) == set(judged)


def test_a_list_ends_at_the_largest_possible_value_and_at_zero():
    assert climbed([0, 0.25, 0.5], 9, Caution({"a"}, largest={"a": 1.0})) == (1.0, [0, 0.25, 0.5, 1.0])
    assert climbed([0, 0.3, 0.6], 9, Caution({"a"}, largest={"a": 1.0}))[0] == 1.0
    assert climbed([0, 0.25, 0.5], -9, Caution({"a"})) == (0, [0, 0.25])


def test_steps_in_doubt_and_beyond_a_list_must_improve_by_more_than_chance():
    def error(one: dict, other: dict) -> float:
        return 20.0

    assert climbed([4, 2, 8], 6, Caution({"a"}, error=error))[0] == 4  # 4 and 8 are equal
    assert climbed([4, 2, 8], 9, Caution({"a"}, error=error))[0] == 8  # within the list
    assert climbed([4, 2, 8], 9, Caution({"a"}, doubted={"a"}, error=error))[0] == 8  # better by 24
    assert climbed([4, 2, 8], 7, Caution({"a"}, doubted={"a"}, error=error))[0] == 4  # better by 8
    assert climbed([4, 2, 8], 12.5, Caution({"a"}, error=error))[0] == 8  # 16 is beyond, and better by 8


def test_lists_of_two_are_alternatives():
    assert climbed([4, 8], 100, Caution({"a"})) == (8, [4, 8])


def test_a_value_beyond_a_list_keeps_its_last_ratio_up_to_ten():
    assert (beyond([1, 3]), beyond([3, 1]), beyond([1, 100]), beyond([0.01, 0.003, 0.0001])) == (9, 0.333, 1000, 1e-05)
    assert beyond([1, 0]) is None
    assert beyond([0, 0.5]) is None
