"""The task of a backbone: predict a count from the counts before it, so that the cross-entropy is a likelihood.

An example is a state and the index of the variable to predict. Each network of a population of backbones is another
anchor of the same snapshot.
"""

import numpy as np

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.errors import InputError
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import Labelled, Task


def task_of_states(data: Snapshots, time: float | None, settings: SplitSettings, source: str) -> Task:
    """The task of one observed snapshot.

    Args:
        data: snapshots of counts.
        time: of the snapshot; None for the last observed one.
        settings: the share `validation` of its training states and the `seed` of the split; the held-out states are
            the test part.
        source: the snapshots' file, for messages.

    Raises:
        InputError: the time is not an observed one, states are not counts, or a part would be empty.
    """
    if not isinstance(data.space, Counts):
        raise InputError(
            f"{source}: its states are real values, and populations of backbones need counts; choose another data set."
        )
    observed = data.observed_times
    if time is not None and not np.isclose(observed, time).any():
        raise InputError(
            f"populations.*.snapshot.time: {time:g} is not an observed time of {source}; set one of "
            f"{', '.join(f'{known:g}' for known in observed)}."
        )
    place = int(np.flatnonzero(np.isclose(data.times, observed[-1] if time is None else time))[0])
    states, test = data.training[place], data.heldout[place] if data.heldout else data.training[place][:0]
    order = seeding.stream(settings.seed, "task").permutation(len(states))
    held = round(settings.validation * len(states))
    if not 0 < held < len(states) or not len(test):
        raise InputError(
            f"{source}: {len(states)} training and {len(test)} held-out states at time {data.times[place]:g} leave a "
            f"part empty, with a share of {settings.validation} for validation; add states."
        )
    training, validation = states[order[held:]], states[order[:held]]
    return Task(_examples(training), _examples(validation), _examples(test), data.space.levels)


def _examples(states: np.ndarray) -> Labelled:
    """One example per variable of each state (N, d): inputs (N·d, d + 1), the state and the variable's index."""
    number, variables = states.shape
    asked = np.tile(np.arange(variables), number)
    inputs = np.column_stack([np.repeat(states, variables, axis=0), asked])
    return Labelled(inputs.astype(np.float32), states.ravel().astype(np.int64))
