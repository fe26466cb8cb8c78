"""The motion of a fitted model, against sums over all its states."""

import itertools

import numpy as np
import pytest

from tests.prediction.test_fitted import LEVELS, TIMES, fitted
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.prediction.motion import LEVELS as QUANTILES
from weightflow.prediction.summaries import describe_motion


def test_means_quantiles_and_joints_are_those_of_the_density(rng):
    part = [rng.integers(0, LEVELS, (30, 3)) for _ in TIMES]
    data = Snapshots(
        TIMES, part, part, np.array([True, False, True]), ["a", "b", "c"], Counts(LEVELS), "heldout", "day"
    )
    model = fitted(data)
    motion = describe_motion(model)
    assert {0.0, 2.0} <= set(motion.times)
    states = np.array(list(itertools.product(range(LEVELS), repeat=3)))
    for place in (0, 40, -1):
        (density,) = model.along(motion.times[[place]], 0, 1)
        p = np.exp(density.log_prob(states))
        np.testing.assert_allclose(motion.means[place], p @ states, atol=1e-4)
        for v, q in itertools.product(range(3), QUANTILES):
            below = np.cumsum([p[states[:, v] == k].sum() for k in range(LEVELS)])
            reached = motion.quantiles[place, QUANTILES.index(q), v]
            assert reached == pytest.approx(np.argmax(below >= q - 1e-6), abs=1e-9)
    assert motion.pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    (density,) = model.along(motion.picture_times[[2]], 0, 1)
    p = np.exp(density.log_prob(states)).reshape([LEVELS] * 3)
    for joint, (i, j) in zip(motion.joints[2], motion.pairs, strict=True):
        (other,) = {0, 1, 2} - {i, j}
        np.testing.assert_allclose(joint, p.sum(other), atol=0.02)
