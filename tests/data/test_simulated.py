"""Simulated parts of a data set: cells of unequal numbers, trajectories, and the file that holds them."""

import numpy as np
import pytest

from weightflow import seeding
from weightflow.data.simulated import Simulated, simulate_parts
from weightflow.storage import read_tensors, write_tensors
from weightflow.systems.builtin import find_system
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate


def built_in(name):
    return read_system(find_system(name))


@pytest.mark.parametrize(("name", "paired"), [("birth_death", True), ("three_of_thirty", False)])
def test_parts_survive_the_file(tmp_path, name, paired):
    own = built_in(name)
    sizes = [5] * own.points if paired else [3 + k for k in range(own.points)]
    made = simulate_parts(own, sizes, 4, 1, 1)
    assert made.paired is paired
    assert [len(part) for part in made.training] == sizes
    assert [len(part) for part in made.heldout] == [4] * own.points
    write_tensors(tmp_path / "made.safetensors", "trajectories", made.tensors())
    again = Simulated.of(read_tensors(tmp_path / "made.safetensors", "trajectories").tensors)
    assert again.paired is paired
    for part in ("training", "heldout"):
        for one, other in zip(getattr(made, part), getattr(again, part), strict=True):
            np.testing.assert_array_equal(one, other)


def test_both_parts_are_drawn_apart():
    own = built_in("birth_death")
    made = simulate_parts(own, [6] * own.points, 6, 3, 1)
    expected = simulate(own, 6, seeding.integer(3, "training"))
    np.testing.assert_array_equal(np.stack(made.training, 1), expected)
    assert not np.array_equal(made.training[-1], made.heldout[-1])


def test_a_part_may_be_missing():
    own = built_in("three_of_thirty")
    made = simulate_parts(own, [0] * own.points, 3, 1, 1)
    assert [len(part) for part in made.training] == [0] * own.points
    assert [len(part) for part in simulate_parts(own, [2] * own.points, 0, 1, 1).heldout] == [0] * own.points
