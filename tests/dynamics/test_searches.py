"""Searches find the best values, and judge no candidate twice."""

import pytest

from weightflow.dynamics.registry import SEARCHES
from weightflow.dynamics.searches import best_in_turn, best_of_all


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
