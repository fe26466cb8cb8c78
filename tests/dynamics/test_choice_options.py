"""What a validation split chooses from, by the settings, the variables and the kind of data."""

import inspect

from weightflow.data.relations import Relation
from weightflow.data.state_space import Counts, Range, Reals
from weightflow.dynamics.choice_options import IN_TURN, as_list, choice_options
from weightflow.dynamics.settings import ModelSettings, SelectionSettings

COUNTS, REALS = Counts(9), Reals((0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (1.0, 1.0))


def chosen(variables: int, space, **sections) -> dict:
    """Options with several values."""
    found = choice_options(ModelSettings.of(sections, "test"), variables, space)
    return {name: values for name, values in found.items() if len(values) > 1}


def test_values_and_lists_of_values_are_lists():
    assert as_list(3) == [3]
    assert as_list([3, 4]) == as_list((3, 4)) == [3, 4]


def test_options_are_in_the_order_of_the_search():
    assert tuple(choice_options(ModelSettings(), 2, COUNTS)) == IN_TURN
    assert ", ".join(IN_TURN) in inspect.getsource(SelectionSettings)  # as the description of `search` has them


def test_widths_follow_the_number_of_variables():
    assert "hidden" not in chosen(10, COUNTS)
    assert chosen(50, COUNTS)["hidden"] == [8, 16, 32]
    assert chosen(2, COUNTS, backbone={"hidden": [4, 2]})["hidden"] == [4, 2]
    assert "hidden" not in chosen(50, COUNTS, backbone={"hidden": 4})


def test_real_values_have_no_softmax():
    own = {"backbone": {"softmax_up_to": [64, 256]}}
    assert set(chosen(2, COUNTS, **own)) == {"softmax_up_to", "roughness", "kernel", "independence", "curvature"}
    assert set(chosen(2, REALS, **own)) == {"kernel", "independence", "curvature"}


def test_values_are_exchanged_only_between_unrelated_variables():
    assert "independence" not in chosen(1, COUNTS)
    related = Counts.of([Range(8)] * 3, [Relation((1, 1, 0), 7, 0)])
    assert "independence" in chosen(3, related)
    assert "independence" not in chosen(2, Counts.of([Range(8)] * 2, [Relation((1, 1), 7, 0)]))
