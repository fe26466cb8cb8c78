"""Fits in this process; tests/workflow compares them with runs of the workflow."""

import numpy as np
import pytest

from tests.api.conftest import SMALL
from weightflow.api.data import from_snapshots
from weightflow.api.fitting import fit


def test_another_seed_gives_other_weights_and_the_same_seed_the_same(data, flow):
    again = fit(data, settings=SMALL | {"backbone": {"hidden": 2}}, progress=False)
    np.testing.assert_array_equal(again.weights([3.3, 50]), flow.weights([3.3, 50]))
    other = fit(data, seed=1, settings=SMALL | {"backbone": {"hidden": 2}}, progress=False)
    assert not np.array_equal(other.weights([3.3]), flow.weights([3.3]))


def test_scaled_values_come_out_in_the_units_of_the_file(rng):
    snapshots = {t: rng.normal([100 * t, 5], [10, 0.1], (60, 2)) for t in (1, 2, 3)}
    data = from_snapshots(snapshots, variables=["a", "b"], scale="training")
    flow = fit(data, settings=SMALL | {"backbone": {"hidden": 4}, "teacher": {"members": ["bridge"]}}, progress=False)
    found = flow.at(2).sample(2000)
    assert abs(found["a"].mean() - 200) < 60
    assert abs(found["b"].mean() - 5) < 0.2
    held = data.snapshots.heldout[1]
    values = data.snapshots.representation.values(held)
    np.testing.assert_allclose(
        flow.score(values, 2) + np.log(data.snapshots.representation.back.diagonal()).sum(),
        flow.at(2)._distribution.log_prob(held),
        atol=1e-5,
    )


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_two_states_of_each_time_are_enough(rng):
    data = from_snapshots({t: rng.poisson(10 * t, (2, 1)) for t in (1, 2, 3)}, heldout=0)
    flow = fit(data, settings=SMALL | {"backbone": {"hidden": 2}, "selection": {"steps": 2}}, progress=False)
    assert np.isfinite(flow.at(1.5).mean).all()
