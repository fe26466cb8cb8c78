"""Baselines on cases worked by hand, and on the paper's file against the published numbers."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from weightflow.baselines import without_networks
from weightflow.baselines.without_networks import BASELINES, FLOORS, predict_baseline
from weightflow.data.preparation import assemble
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import BINS, Counts, Reals
from weightflow.density.weighted_states import marginals
from weightflow.errors import InputError
from weightflow.evaluation import metrics
from weightflow.formats.reading import read_raw_snapshots
from weightflow.laws.law import TableLaw

ALL = [*BASELINES, *FLOORS]
KERNELS = ["mixture_kernel", "transport_kernel"]
SCORED = ["mixture", *KERNELS, "displacement_kernel"]


def released_file(root: Path) -> Path | None:
    places = [root / "resources" / "data"]
    places += [Path(place) for place in [os.environ.get("WEIGHTFLOW_DATA")] if place]
    return next((p for place in places if (p := place / "epidemic" / "trajectories.npy").is_file()), None)


@pytest.fixture(scope="module")
def released(root) -> Snapshots:
    """The trajectories released with the paper, every tenth time observed."""
    path = released_file(root)
    if path is None:
        pytest.skip("the paper's file is not there: resources/data/epidemic/trajectories.npy (README says where from)")
    settings = {
        "axes": ["trajectory", "time", "variable"],
        "times": None,
        "variables": None,
        "kind": "discrete",
        "observe_every": 10,
        "hold_back": 0,
        "states": None,
        "max_states": 4096,
        "scale": "none",
        "components": None,
        "reference": "training",
        "time_label": "time",
    }
    return assemble(read_raw_snapshots(path, settings), None, settings, 0, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("kind", "w", "jsd", "tolerance"),
    [
        ("mixture", 0.0557, 0.0151, 0.0),
        ("transport_spline", 0.034, 0.0045, 0.03),
        ("floor_bootstrap", 0.029, 0.0032, 0.03),
    ],
)
def test_released_definitions_give_the_published_numbers(released, kind, w, jsd, tolerance):
    prediction = predict_baseline(kind, released, samples=1000, seed=0)
    levels = 1 + max(int(s.max()) for s in (*released.truth, *prediction.samples))
    found = []
    for t in range(1, len(released.times)):
        p = marginals(*prediction.weighted(t), levels)
        q = marginals(released.truth[t], np.full(1000, 1e-3), levels)
        found.append((metrics.w_marginal(p, q), metrics.jsd_marginal(p, q)))
    assert np.mean(found, axis=0) == pytest.approx([w, jsd], rel=tolerance, abs=6e-5)


@pytest.mark.parametrize("kind", ALL)
def test_every_baseline_predicts_states_at_every_time(counts, kind):
    prediction = predict_baseline(kind, counts, samples=4, seed=0)
    assert np.array_equal(prediction.times, counts.times)
    for t in range(len(counts.times)):
        samples, weights = prediction.weighted(t)
        assert samples.shape[1] == 2
        assert samples.dtype.kind == "i"
        assert weights.sum() == pytest.approx(1)
        assert samples.min() >= 0
        assert samples.max() < counts.space.levels


@pytest.mark.parametrize("kind", ALL)
def test_same_seed_gives_the_same_samples(counts, kind):
    one, two = (predict_baseline(kind, counts, samples=4, seed=3) for _ in range(2))
    assert np.array_equal(np.concatenate(one.samples), np.concatenate(two.samples))


@pytest.mark.parametrize("kind", BASELINES)
def test_baselines_see_the_observed_training_snapshots_alone(counts, kind):
    hidden = [s if seen else s * 0 + 7 for s, seen in zip(counts.training, counts.is_observed, strict=True)]
    other = dataclasses.replace(counts, training=hidden, heldout=[s * 0 for s in counts.heldout])
    one, two = (predict_baseline(kind, data, samples=4, seed=0) for data in (counts, other))
    assert np.array_equal(np.concatenate(one.samples), np.concatenate(two.samples))


@pytest.mark.parametrize("kind", SCORED)
def test_a_density_has_finite_scores(counts, kind):
    states = np.indices((8, 8)).reshape(2, -1).T
    law = TableLaw(counts.times, states, np.full((6, 64), 1 / 64), np.zeros(6))
    found = predict_baseline(kind, counts, samples=4, seed=0, law=law).scores
    assert sorted(found) == ["kl_exact", "nll", "tv_exact"]
    assert np.isfinite(list(found.values())).all()


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in SCORED])
def test_what_has_no_density_has_no_scores(counts, kind):
    prediction = predict_baseline(kind, counts, samples=4, seed=0)
    assert prediction.scores == {}
    assert len(prediction.marginals) == 0


def test_marginals_of_a_mixture_are_the_frequencies_of_its_states(counts):
    assert len(predict_baseline("mixture", counts, samples=4, seed=0).marginals) == 0


@pytest.mark.parametrize("kind", KERNELS)
def test_marginals_of_kernels_sum_to_one(counts, kind):
    found = predict_baseline(kind, counts, samples=4, seed=0).marginals
    assert found.shape == (6, 2, 8)
    np.testing.assert_allclose(found.sum(2), 1, rtol=1e-6)


def test_kernels_are_chosen_by_snapshots_that_their_cloud_has_not_seen(counts, monkeypatch):
    seen = []
    monkeypatch.setattr(without_networks, "best_multiple", lambda left_out, levels: seen.extend(left_out) or 0.3)
    predict_baseline("mixture_kernel", counts, samples=4, seed=0)
    ((states, weights, snapshot),) = seen
    assert np.array_equal(snapshot, counts.training[2])
    assert np.array_equal(states, np.concatenate([counts.training[0], counts.training[5]]))
    assert weights[:5].sum() == pytest.approx(5 / 7)  # time 2, between 0 and 7


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_a_left_out_snapshot_is_predicted_from_its_neighbours(k):
    times = np.arange(13.0)
    training = [np.full((4, 1), t) for t in range(13)]
    data = Snapshots(times, training, [], times % 2 == 0, ["a"], Counts(20), "training", "t")
    others, place = without_networks._without(data, k)
    assert others.times[place] == 2 * k
    assert not others.is_observed[place]
    assert others.is_observed.sum() == min(k, 2) + min(6 - k, 2)
    assert [states[0, 0] for states in others.observed] == others.observed_times.tolist()


def test_real_values_have_kernels_and_no_cells_to_add_one_to(counts):
    training = [s + 0.5 for s in counts.training]
    real = dataclasses.replace(counts, space=Reals.of(training), training=training)
    assert predict_baseline("mixture", real, samples=4, seed=0).scores == {}
    for kind in KERNELS:
        found = predict_baseline(kind, real, samples=4, seed=0)
        assert np.isfinite(found.scores["nll"]).all()
        assert found.edges.shape == (2, BINS + 1)
        assert found.marginals.shape == (6, 2, BINS)


def test_previous_is_the_last_observed_snapshot(counts):
    samples = predict_baseline("previous", counts, samples=4, seed=0).samples
    for t, k in enumerate([0, 0, 2, 2, 2, 5]):
        assert np.array_equal(samples[t], counts.training[k])


def test_mixture_weights_the_neighbours_by_nearness_in_time(counts):
    prediction = predict_baseline("mixture", counts, samples=4, seed=0)
    samples, weights = prediction.weighted(3)  # time 3, between 2 and 7
    assert np.array_equal(samples, np.concatenate([counts.training[2], counts.training[5]]))
    assert weights[:4].sum() == pytest.approx(0.8)
    assert weights[4:].sum() == pytest.approx(0.2)


@pytest.mark.parametrize("kind", ["previous", "mixture"])
def test_an_observed_time_gives_its_own_snapshot(counts, kind):
    prediction = predict_baseline(kind, counts, samples=4, seed=0)
    for t in np.flatnonzero(counts.is_observed):
        assert np.array_equal(prediction.samples[t], counts.training[t])


@pytest.mark.parametrize("kind", ["displacement", "transport_spline"])
def test_transport_of_a_moved_cloud_is_its_motion(kind):
    cloud = np.random.default_rng(0).integers(0, 5, (20, 2))
    training = [cloud + 6 * t for t in range(5)]
    data = Snapshots(
        np.arange(5.0),
        training,
        [],
        np.array([True, False, True, False, True]),
        ["a", "b"],
        Counts(40),
        "training",
        "t",
    )
    prediction = predict_baseline(kind, data, samples=20, seed=0)
    for found, goal in zip(prediction.samples, training, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, goal))


def test_times_after_the_last_snapshot_repeat_it(counts):
    data = dataclasses.replace(counts, is_observed=np.array([True, True, True, False, False, False]))
    assert np.array_equal(predict_baseline("previous", data, 4, 0).samples[-1], counts.training[2])


@pytest.mark.parametrize("kind", ["quantiles", "displacement"])
def test_what_moves_in_straight_lines_goes_on_along_the_last_ones(counts, kind):
    """Snapshots that are shifted by one per time; only the last two tell how fast."""
    first = np.random.default_rng(0).integers(0, 3, (40, 2))
    shifts = np.array([0, 7, 2, 3, 5, 7])
    data = dataclasses.replace(
        counts,
        training=[first + shift for shift in shifts],
        is_observed=np.array([True, True, True, True, False, False]),
        space=Counts(50),
    )
    found = predict_baseline(kind, data, 40, 0).samples
    for samples, shift in zip(found[2:], (2, 3, 5, 7), strict=True):
        assert sorted(map(tuple, samples)) == sorted(map(tuple, first + shift))


def test_quantiles_between_snapshots_are_between_theirs_and_states_are_kept_valid(counts):
    low, high = np.full((200, 2), 2), np.full((100, 2), 5)
    seen = np.array([True, False, True, False, False, False])
    data = dataclasses.replace(counts, training=[low, low, high, high, high, high], is_observed=seen)
    found = predict_baseline("quantiles", data, 10, 0).samples
    assert (found[0] == 2).all()
    assert (found[2] == 5).all()
    assert np.isin(found[1], [3, 4]).all()
    assert found[1].mean() == pytest.approx(3.5, abs=0.15)
    assert (found[-1] == counts.space.levels - 1).all()
    assert found[-1].dtype.kind == "i"
    falling = dataclasses.replace(data, training=[high, low, low, low, low, low])
    assert (predict_baseline("quantiles", falling, 10, 0).samples[-1] == 0).all()


def test_bootstrap_draws_from_the_truth(counts):
    prediction = predict_baseline("floor_bootstrap", counts, samples=4, seed=0)
    for found, truth in zip(prediction.samples, counts.truth, strict=True):
        assert len(found) == 4
        assert {*map(tuple, found)} <= {*map(tuple, truth)}


def test_the_independent_floor_comes_from_the_other_part(counts):
    prediction = predict_baseline("floor_independent", counts, samples=3, seed=0)
    for found, other in zip(prediction.samples, counts.heldout, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, other))


def test_the_independent_floor_needs_a_second_part(counts):
    with pytest.raises(InputError, match="no second part; set its heldout"):
        predict_baseline("floor_independent", dataclasses.replace(counts, heldout=[]), samples=3, seed=0)
