"""Every baseline without a network, and densities of clouds; the paper's file against the published numbers."""

import dataclasses

import numpy as np
import pytest

from tests.conftest import data_at_hand
from weightflow.baselines import clouds
from weightflow.baselines.clouds import predict_baseline
from weightflow.baselines.registry import floors_of, predicted_by
from weightflow.data.preparation import assemble
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import BINS, Counts, Reals
from weightflow.density.weighted_states import marginals
from weightflow.evaluation import metrics
from weightflow.formats.reading import read_raw_snapshots
from weightflow.laws.law import TableLaw

CLOUDS = predicted_by("cloud")
ALL = [*CLOUDS, *floors_of(True)]
KERNELS = ["mixture_kernel", "transport_kernel"]
SCORED = ["mixture", *KERNELS, "displacement_kernel"]


@pytest.fixture(scope="module")
def released() -> Snapshots:
    """The trajectories released with the paper, every tenth time observed."""
    path = data_at_hand("epidemic/trajectories.npy")  # docs/how-to/published.md
    settings = DatasetSettings(file=str(path), observe_every=10, reference="training", time_label="time")
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


@pytest.mark.parametrize("kind", CLOUDS)
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


@pytest.mark.parametrize("kind", KERNELS)
def test_marginals_of_kernels_sum_to_one(counts, kind):
    found = predict_baseline(kind, counts, samples=4, seed=0).marginals
    assert found.shape == (6, 2, 8)
    np.testing.assert_allclose(found.sum(2), 1, rtol=1e-6)


def test_kernels_are_chosen_by_snapshots_that_their_cloud_has_not_seen(counts, monkeypatch):
    seen = []
    monkeypatch.setattr(clouds, "best_multiple", lambda left_out, levels: seen.extend(left_out) or 0.3)
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
    others, place = clouds._without(data, k)
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


@pytest.mark.parametrize("kind", ["previous", "mixture"])
def test_an_observed_time_gives_its_own_snapshot(counts, kind):
    prediction = predict_baseline(kind, counts, samples=4, seed=0)
    for t in np.flatnonzero(counts.is_observed):
        assert np.array_equal(prediction.samples[t], counts.training[t])


def test_a_baseline_with_rules_of_its_own_is_no_cloud(counts):
    with pytest.raises(ValueError, match="ot_cfm is predicted by rules of its own"):
        predict_baseline("ot_cfm", counts, 10, 0)
