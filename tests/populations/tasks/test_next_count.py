"""A snapshot as a task: each count of each state is one example, and the parts of the data stay disjoint."""

import numpy as np
import pytest

from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, Reals
from weightflow.populations.tasks.next_count import task_of_states
from weightflow.populations.tasks.settings import SplitSettings

SETTINGS = SplitSettings(validation=0.25, test=0.5, seed=3)


NINE = Counts(9)


def data(space=NINE, held: int = 5) -> Snapshots:
    """Two variables at three times, the first and last observed; each state is of one time and place alone."""
    states = [np.array([[i % 9, time] for i in range(8)]) for time in range(3)]
    others = [np.array([[8 - i % 9, time] for i in range(held)]).reshape(-1, 2) for time in range(3)]
    seen = np.array([True, False, True])
    return Snapshots(np.array([0.0, 5.0, 10.0]), states, others, seen, ["x", "y"], space, "heldout", "time (s)")


@pytest.mark.parametrize(("time", "row"), [(0, 0), (10, 2), (None, 2)])
def test_examples_are_the_counts_of_the_snapshots_states(time, row):
    task = task_of_states(data(), time, SETTINGS, "mine")
    assert (task.shape, task.classes) == ((3,), 9)
    assert [len(part.labels) for part in (task.training, task.validation, task.test)] == [12, 4, 10]
    learned = np.concatenate([part.inputs for part in (task.training, task.validation)])
    assert sorted(map(tuple, learned)) == sorted((i, row, asked) for i in range(8) for asked in range(2))
    for part in (task.training, task.validation, task.test):
        np.testing.assert_array_equal(part.labels, [own[int(own[2])] for own in part.inputs])
    np.testing.assert_array_equal(task.test.inputs[::2, :2], data().heldout[row])


@pytest.mark.parametrize(
    ("found", "time", "sentence"),
    [
        (data(), 5, r"populations\.\*\.snapshot\.time: 5 is not an observed time of mine; set one of 0, 10"),
        (data(Reals((0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (1.0, 1.0))), 0, "mine: its states are real values"),
        (data(held=0), 0, "mine: 8 training and 0 held-out states at time 0 leave a part empty"),
    ],
)
def test_snapshots_that_are_no_task_are_refused(refused, found, time, sentence):
    with refused(sentence):
        task_of_states(found, time, SETTINGS, "mine")
