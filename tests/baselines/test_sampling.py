"""Samples of baselines at any times."""

import numpy as np
import pytest

from weightflow.baselines.sampling import sample_baseline, with_times
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Reals
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.networks.backbones import make_backbone
from weightflow.networks.settings import BackboneSettings

TIMES, ASKED = np.array([0.0, 1.0, 3.0]), [0.0, 0.5, 2.0, 3.0]


@pytest.fixture
def data(rng) -> Snapshots:
    part = [rng.normal(10 * time, 1, (size, 2)) for time, size in zip(TIMES, (60, 80, 50), strict=True)]
    seen = np.ones(3, dtype=bool)
    return Snapshots(TIMES, part, part, seen, ["a", "b"], Reals.of(part), "heldout", "day")


@pytest.fixture
def graph(data, rng):
    settings = BackboneSettings(hidden=2)
    layers = make_backbone(settings, data.variables, data.space).layers
    count = sum(layer.weights for layer in layers)
    return build_weight_graph(layers, rng.normal(size=(3, count)), TIMES, "made up", settings)


@pytest.mark.parametrize("name", ["mixture", "mixture_kernel", "displacement", "weights_linear", "weights_spline"])
def test_every_time_has_its_states(data, graph, name):
    found = sample_baseline(name, data, ASKED, 40, 0, graph)
    assert [states.shape for states in found] == [(40, 2)] * 4
    again = sample_baseline(name, data, ASKED, 40, 0, graph)
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))


def test_states_move_between_the_snapshots(data, graph):
    means = [states.mean() for states in sample_baseline("displacement", data, ASKED, 400, 0, graph)]
    np.testing.assert_allclose(means, [0, 5, 20, 30], atol=0.7)


def test_further_times_have_no_states(data):
    found = with_times(data, np.array([0.5, 3.0]))
    assert found.times.tolist() == [0, 0.5, 1, 3]
    assert [len(states) for states in found.training] == [60, 0, 80, 50]
    assert found.is_observed.tolist() == [True, False, True, True]


def test_weighted_states_are_drawn_by_their_weights(rng):
    """500 cells at each end: a tenth of the way from the first, a tenth are from the second."""
    part = [rng.normal(10 * time, 1, (500, 1)) for time in range(2)]
    data = Snapshots(np.arange(2.0), part, part, np.ones(2, dtype=bool), ["a"], Reals.of(part), "heldout", "day")
    (found,) = sample_baseline("mixture", data, [0.1], 1000, 0, None)
    assert (found > 5).mean() == pytest.approx(0.1, abs=0.03)
