"""Fits in this process; tests/workflow compares them with runs of the workflow."""

import numpy as np
import pytest

from tests.api.conftest import SMALL
from weightflow.api.data import from_snapshots
from weightflow.api.fitting import fit
from weightflow.api.flow import load


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


PUBLISHED = {
    "preset": "published",
    "backbone": {"hidden": 2},
    "anchors": {"first_steps": 60, "steps": 30},
    "path": {"autoencoder_steps": 50},
    "dynamics": {"width": 8, "heads": 2, "map_hidden": 4, "feedforward": 8},
    "training": {"steps": 4, "round": 2},
}


def test_a_published_model_has_its_own_states_whatever_relations_the_data_have(rng, tmp_path):
    """All counts up to the largest, although those of the data add up to ten."""
    snapshots = {}
    for t in (0, 1, 2):
        a = rng.binomial(10, 0.2 + 0.2 * t, 120)
        snapshots[t] = np.stack([a, 10 - a], axis=1)
    data = from_snapshots(snapshots, variables=["a", "b"])
    assert data.snapshots.relations
    flow = fit(data, settings=PUBLISHED, progress=False)
    found = flow.at(1.5)
    assert found.exact
    states = np.stack(np.meshgrid(range(12), range(12), indexing="ij"), axis=-1).reshape(-1, 2)
    mass = np.exp(found.log_prob(states)).reshape(12, 12)
    assert mass.sum() == pytest.approx(1, abs=1e-4)
    assert float(found.probability("a > 5 and b > 5")) == pytest.approx(mass[6:, 6:].sum(), abs=1e-4)
    drawn = found.sample(20_000)
    assert ((drawn["a"] > 5) & (drawn["b"] > 5)).mean() == pytest.approx(mass[6:, 6:].sum(), abs=0.02)
    np.testing.assert_allclose(found.marginal("a").to_numpy()[:12], mass.sum(1)[: len(found.marginal("a"))], atol=1e-4)
    flow.save(tmp_path / "my.flow")
    np.testing.assert_array_equal(load(tmp_path / "my.flow").weights([0.5, 2]), flow.weights([0.5, 2]))
