"""Weights at any time from one solution, and the samples and likelihoods of backbones at them."""

import dataclasses
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import norm

from tests.conftest import SMALL_DYNAMICS, real_density
from weightflow.baselines.interpolated_weights import linear
from weightflow.data.state_space import BINS, Counts, Reals
from weightflow.dynamics.equations import evolve, normalise_times, solve_weights
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.settings import SolverSettings
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.errors import InputError
from weightflow.laws.law import TableLaw
from weightflow.networks.count_heads import CountHead
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.heads import MixtureHead
from weightflow.networks.settings import BackboneSettings
from weightflow.prediction import moving_density
from weightflow.prediction.figure_grids import fine_times
from weightflow.prediction.moving_density import (
    NetworkDensity,
    Question,
    WeightsPath,
    mean_masses,
    predict_along,
    predict_from_weights,
    sample_along,
)
from weightflow.seeding import Computation

SOLVER = SolverSettings(substeps=2)
SETTINGS = BackboneSettings(hidden=3, position=False)
CPU = torch.device("cpu")


@pytest.fixture
def field(graph):
    """A CDE that moves."""
    path = np.random.default_rng(0).normal(size=(5, 1))
    field = make_field(graph, path, SMALL_DYNAMICS.but(kind="cde"), seed=0)
    torch.manual_seed(0)
    for parameter in field.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return field


@pytest.fixture
def network() -> GRUBackbone:
    """A backbone for the states of `counts`."""
    return GRUBackbone(variables=2, head=CountHead(8), hidden=3)


@pytest.fixture
def weights(network, counts) -> np.ndarray:
    return 2 * network.initial(len(counts.times), torch.Generator().manual_seed(0)).numpy()


def predict(network, weights, counts, samples=50, seed=0):
    path, computation = WeightsPath(weights, weights[:2], np.array([0.0, 7.0])), Computation(seed, CPU)
    return predict_from_weights(network, path, Question(counts, samples), computation)


def test_weights_start_at_the_first_anchor(field, graph):
    (found,) = solve_weights(field, graph, [np.array([0.0, 5.0])], SOLVER, graph.times)
    assert np.array_equal(found[0], graph.weights[0])


def test_weights_at_the_snapshots_are_those_of_the_training_solver(field, graph):
    (found,) = solve_weights(field, graph, [graph.times], SOLVER, graph.times)
    knots = normalise_times(graph.times, graph.times)
    with torch.no_grad():
        first = torch.from_numpy(graph.weights[:1])
        reached, _ = evolve(field, first, torch.tensor([0]), knots, 4, SOLVER)
    np.testing.assert_allclose(found[1:], reached[:, 0].numpy(), rtol=1e-4, atol=1e-5)


def test_grids_share_one_solution(field, graph):
    both = solve_weights(field, graph, [np.array([0.0, 1.0, 10.0]), np.array([1.0, 4.0, 10.0])], SOLVER, graph.times)
    assert np.array_equal(both[0][1:], both[1][[0, 2]])


def test_a_cde_refuses_times_past_the_last_snapshot(field, graph):
    with pytest.raises(InputError, match="cannot go past the last snapshot"):
        solve_weights(field, graph, [np.array([0.0, 10.5])], SOLVER, graph.times)


def test_samples_are_drawn_past_the_last_snapshot_where_the_weights_go_on(network, weights, counts):
    own = build_weight_graph(network.layers, weights, counts.times, "a digest", SETTINGS)
    asked = []

    def weights_at(grids):
        asked.extend(grids)
        return [weights[: len(grid)] for grid in grids]

    drawn = sample_along(weights_at, own, counts, [0.5, 9.0], 20, Computation(0, CPU))
    assert [len(states) for states in drawn] == [20, 20]
    assert asked[0].tolist() == [0.5, 9.0]
    with pytest.raises(InputError, match=r"prediction\.times: -1 is before the first observed time 0"):
        sample_along(weights_at, own, counts, [-1.0, 2.0], 20, Computation(0, CPU))


def test_a_prediction_along_a_path_reaches_what_is_held_back(network, weights, counts):
    late = dataclasses.replace(counts, is_observed=np.array([True, True, True, True, False, False]))
    own = build_weight_graph(network.layers, weights[:4], late.observed_times, "a digest", SETTINGS)
    still = lambda grids: [np.repeat(weights[:1], len(grid), 0) for grid in grids]  # noqa: E731
    found = predict_along(still, own, Question(late, 9), Computation(0, CPU))
    assert np.array_equal(found.times, counts.times)
    assert (found.figures.path_times[0], found.figures.path_times[-1]) == (0, 7)


def test_a_prediction_along_a_path_holds_it_on_both_grids(network, weights, counts):
    graph = build_weight_graph(network.layers, weights, counts.times, "a digest", SETTINGS)
    path = partial(linear, counts.times, weights)
    found = predict_along(partial(map, path), graph, Question(counts, 50), Computation(0, CPU))
    expected = predict(network, weights, counts)
    np.testing.assert_allclose(found.weights, weights, atol=1e-6)
    np.testing.assert_allclose(found.scores["nll"], expected.scores["nll"], rtol=1e-4)
    grids = found.figures
    assert np.array_equal(grids.path_times, fine_times(counts.observed_times))
    np.testing.assert_allclose(grids.path_weights, path(grids.path_times), rtol=1e-4, atol=1e-6)


def test_few_times_have_frames_between_them_and_many_have_none(network, weights, counts, monkeypatch):
    fine = np.linspace(0, 7, 29)
    path = WeightsPath(weights, linear(counts.times, weights, fine), fine)
    asked = network, path, Question(counts, 20), Computation(0, CPU)
    grids = predict_from_weights(*asked).figures
    assert grids.frame_times.tolist() == fine[::4].tolist()
    both = [np.flatnonzero(np.isclose(times, 3.0))[0] for times in (counts.times, grids.frame_times)]
    np.testing.assert_allclose(grids.joints[both[0]], grids.frame_joints[both[1]], atol=1e-6)
    monkeypatch.setattr(moving_density, "MANY_TIMES", 6)
    grids = predict_from_weights(*asked).figures
    assert len(grids.joints) == 6
    assert len(grids.frame_times) == len(grids.frame_joints) == 0


def test_likelihoods_are_means_per_variable_over_the_heldout_states(network, weights, counts):
    found = predict(network, weights, counts).scores["nll"]
    for t, states in enumerate(counts.heldout):
        log_prob = network.log_prob(torch.from_numpy(weights[t : t + 1]), torch.from_numpy(states))
        assert found[t] == pytest.approx(-log_prob.mean().item() / 2, rel=1e-6)


def test_a_heldout_count_beyond_the_states_has_no_likelihood(network, weights, counts):
    heldout = [states.copy() for states in counts.heldout]
    heldout[2][0, 0] = 8
    found = predict(network, weights, dataclasses.replace(counts, heldout=heldout)).scores["nll"]
    assert np.isinf(found).tolist() == [False, False, True, False, False, False]


def test_without_a_heldout_part_there_are_no_likelihoods(network, weights, counts):
    assert predict(network, weights, dataclasses.replace(counts, heldout=[])).scores == {}


def test_distances_from_the_law_are_those_of_the_enumerated_density(network, weights, counts):
    states = np.indices((8, 8)).reshape(2, -1).T
    p = np.random.default_rng(0).dirichlet(np.ones(64), len(counts.times))
    law = TableLaw(counts.times, states, p, np.zeros(len(p)))
    path = WeightsPath(weights, weights[:2], np.array([0.0, 7.0]))
    found = predict_from_weights(network, path, Question(counts, 5, law), Computation(0, CPU)).scores
    log_q = network.log_prob(torch.from_numpy(weights), torch.from_numpy(states)).double().numpy()
    np.testing.assert_allclose(found["kl_exact"], (p * (np.log(p) - log_q)).sum(1), rtol=1e-5)
    np.testing.assert_allclose(found["tv_exact"], np.abs(p - np.exp(log_q)).sum(1) / 2, rtol=1e-5)


def test_marginals_are_sums_over_the_enumerated_density(network, weights, counts):
    states = torch.cartesian_prod(torch.arange(8), torch.arange(8))
    joint = network.log_prob(torch.from_numpy(weights), states).exp().reshape(-1, 8, 8).numpy()
    found = predict(network, weights, counts).marginals
    np.testing.assert_allclose(found[:, 0], joint.sum(2), rtol=1e-4)
    np.testing.assert_allclose(found[:, 1], joint.sum(1), rtol=1e-4)


def test_a_network_density_scores_in_batches(network, weights, monkeypatch):
    density = NetworkDensity(network, torch.from_numpy(weights[:1]), Counts(8), seed=0)
    states = np.array([[0, 0], [7, 8], [3, 2]])
    whole = density.log_prob(states)
    monkeypatch.setattr("weightflow.prediction.moving_density._AT_ONCE", 1)
    np.testing.assert_allclose(density.log_prob(states), whole, rtol=1e-6)
    assert np.isinf(whole).tolist() == [False, True, False]


def test_samples_follow_the_density_at_each_time(network, weights, counts):
    drawn = predict(network, weights, counts, samples=20_000).samples
    states = torch.cartesian_prod(torch.arange(8), torch.arange(8))
    for t, found in enumerate(drawn):
        expected = network.log_prob(torch.from_numpy(weights[t : t + 1]), states)[0].exp().numpy()
        frequencies = np.bincount(found @ [8, 1], minlength=64) / 20_000
        assert np.abs(frequencies - expected).max() < 0.02


def test_same_seed_gives_the_same_samples(network, weights, counts):
    one, two = (predict(network, weights, counts).samples for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, predict(network, weights, counts, seed=1).samples)


SPACE = Reals((100.0, -2e-3), (30.0, 1e-3), (0.0, -6e-3), (200.0, 2e-3))


@pytest.fixture
def real(counts):
    """Real values of two units at the times of `counts`."""
    rng = np.random.default_rng(0)
    training, heldout = ([rng.normal(SPACE.mean, SPACE.spread, (n, 2)) for _ in counts.times] for n in (8, 5))
    return dataclasses.replace(counts, training=training, heldout=heldout, space=SPACE)


@pytest.fixture
def real_network() -> GRUBackbone:
    return GRUBackbone(variables=2, head=MixtureHead(3, 0.1), hidden=3)


@pytest.fixture
def real_weights(real_network, real) -> np.ndarray:
    return 2 * real_network.initial(len(real.times), torch.Generator().manual_seed(0)).numpy()


def standard_normal(components: int) -> tuple[GRUBackbone, torch.Tensor]:
    """A network that says the same of every variable: all its components are standard normal."""
    head = MixtureHead(components, 0.5)
    network = GRUBackbone(2, head, hidden=2)
    weights = torch.zeros(1, sum(layer.weights for layer in network.layers))
    split_weights(network.layers, weights)[network.readout][0, 2 * components :, -1] = np.log(np.expm1(0.5))
    return network, weights


@pytest.mark.parametrize("components", [1, 3])
def test_a_density_of_real_values_is_one_per_unit_of_the_data(real, components):
    density, states = NetworkDensity(*standard_normal(components), SPACE, seed=0), real.heldout[0]
    expected = norm(SPACE.mean, SPACE.spread).logpdf(states)
    np.testing.assert_allclose(density.log_prob(states), expected.sum(1), rtol=1e-5)
    first = density.of(np.array([0]))
    np.testing.assert_allclose(first.log_prob(states[:, :1]), expected[:, 0], rtol=1e-5)
    assert density.of(np.array([1])) is None


def test_marginals_of_real_values_are_masses_of_the_spaces_bins(real):
    density = NetworkDensity(*standard_normal(2), SPACE, seed=0)
    expected = [np.diff(norm(SPACE.mean[v], SPACE.spread[v]).cdf(SPACE.edges(v))) for v in (0, 1)]
    np.testing.assert_allclose(density.marginals(SPACE), expected, atol=1e-5)
    np.testing.assert_allclose(density.of(np.array([0])).marginals(SPACE), expected[:1], atol=1e-5)


def test_a_prediction_of_real_values_is_in_the_datas_units(real, real_network, real_weights):
    found = predict(real_network, real_weights, real, samples=20_000)
    assert found.marginals.shape == (6, 2, BINS)
    assert found.figures.joints.shape == (6, BINS, BINS)
    np.testing.assert_array_equal(found.edges, [SPACE.edges(0), SPACE.edges(1)])
    assert np.isfinite(found.scores["nll"]).all()
    for t, samples in enumerate(found.samples):
        assert samples.dtype == np.float64
        for v in (0, 1):
            shares = np.histogram(samples[:, v], found.edges[v])[0] / len(samples)
            np.testing.assert_allclose(found.marginals[t, v], shares, atol=0.01)


def test_likelihoods_of_real_values_include_the_change_of_units(real, real_network, real_weights):
    found = predict(real_network, real_weights, real).scores["nll"]
    for t, states in enumerate(real.heldout):
        seen = torch.from_numpy(SPACE.coordinates(states))
        log_prob = real_network.log_prob(torch.from_numpy(real_weights[t : t + 1]), seen)
        assert found[t] == pytest.approx((-log_prob.mean().item() + np.log(30.0 * 1e-3)) / 2, rel=1e-5)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_mean_masses_are_the_histograms_of_many_samples(order):
    backbone, weights, space, samples = real_density(order)
    edges = torch.from_numpy(space.edge_coordinates(3))
    found = mean_masses(backbone, weights, edges, 4000, torch.Generator().manual_seed(0)).numpy()
    assert found.shape == (2, 3, BINS)
    np.testing.assert_allclose(found.sum(2), 1, atol=1e-3)
    for masses, own in zip(found, samples, strict=True):
        for v in range(3):
            np.testing.assert_allclose(masses[v], np.histogram(own[:, v], space.edges(v))[0] / len(own), atol=0.01)
