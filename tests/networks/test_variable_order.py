"""The order of the variables, as settings say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.errors import InputError
from weightflow.networks.settings import BackboneSettings
from weightflow.networks.variable_order import variable_order

NAMES = ["S", "I", "R"]


def order(order, variables=NAMES, seed: int = 0) -> tuple[int, ...]:
    return variable_order(BackboneSettings().but(order=order, order_seed=seed), variables, "m.order")


def test_sequential_is_the_datas_order():
    assert order("sequential") == (0, 1, 2)


@given(names=st.permutations(NAMES))
def test_a_list_says_which_comes_first(names):
    assert [NAMES[i] for i in order(names)] == names


def test_a_random_order_is_its_seeds_and_every_one_may_come():
    found = [order("random", seed=seed) for seed in range(100)]
    assert found == [order("random", seed=seed) for seed in range(100)]
    assert len(set(found)) == 6
    assert all(sorted(one) == [0, 1, 2] for one in found)


def test_a_variable_called_random_can_be_named():
    assert order(["random"], ["random"]) == (0,)


@pytest.mark.parametrize("names", [["S", "I"], ["S", "I", "R", "S"], ["S", "I", "D"], ["s", "I", "R"]])
def test_a_list_of_other_variables_is_refused(names):
    with pytest.raises(InputError) as refusal:
        order(names)
    expected = f"m.order: {', '.join(names)} is not an order of the variables S, I, R; name each of them once."
    assert str(refusal.value) == expected
