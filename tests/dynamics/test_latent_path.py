"""The latent path: coordinates by every method, and a natural cubic spline through them."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline
from scipy.stats import spearmanr

from weightflow.anchors.training import train_anchors
from weightflow.dynamics.latent_path import Behaviour, fit_latent_path, read_latent_path, spline, write_latent_path
from weightflow.errors import DivergenceError, InputError
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.heads import CountHead
from weightflow.seeding import Computation

METHODS = ["pca", "autoencoder", "mds", "isomap"]


@pytest.fixture
def settings(model_settings):
    def chosen(method: str, z_dim: int = 1) -> dict:
        return model_settings["path"] | {"method": method, "z_dim": z_dim, "autoencoder_steps": 300}

    return chosen


@pytest.fixture
def line() -> np.ndarray:
    """(9, 30) weights near a line, unequally spaced."""
    rng = np.random.default_rng(0)
    places = np.array([0, 1, 1.5, 3, 4, 5.5, 6, 8, 9.0])
    return places[:, None] * rng.normal(size=30) + 0.05 * rng.normal(size=(9, 30))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_recovers_the_order_along_a_line(settings, line, method):
    coordinates, _ = fit_latent_path(line, settings(method), seed=0)
    assert abs(spearmanr(coordinates[:, 0], np.arange(9)).statistic) == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("z_dim", [1, 3])
def test_coordinates_are_standardised(settings, line, method, z_dim):
    weights = line + 2 * np.random.default_rng(1).normal(size=line.shape)
    coordinates, _ = fit_latent_path(weights, settings(method, z_dim), seed=0)
    assert coordinates.shape == (9, z_dim)
    np.testing.assert_allclose(coordinates.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(coordinates.std(axis=0), 1)


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_gives_the_same_coordinates(settings, line, method):
    one, two = (fit_latent_path(line, settings(method), seed=4)[0] for _ in range(2))
    assert np.array_equal(one, two)


def test_pca_equals_the_singular_value_decomposition(settings, line):
    coordinates, _ = fit_latent_path(line, settings("pca", 2), seed=0)
    left = np.linalg.svd(line - line.mean(axis=0))[0][:, :2]
    goal = left / left.std(axis=0)
    np.testing.assert_allclose(np.abs(coordinates), np.abs(goal), atol=1e-6)


def test_the_autoencoders_loss_falls(settings, line):
    _, losses = fit_latent_path(line, settings("autoencoder"), seed=0)
    assert losses["step"].tolist() == list(range(300))
    assert losses["loss"].iloc[-1] < 0.1 * losses["loss"].iloc[0]
    assert losses["loss"].equals(losses["structural"])
    assert losses["behavioural"].isna().all()


def test_other_methods_have_no_losses(settings, line):
    assert fit_latent_path(line, settings("pca"), seed=0)[1].empty


def test_a_diverging_autoencoder_names_the_setting_to_change(settings, line):
    with pytest.raises(DivergenceError, match=r"lower models\.\*\.path\.autoencoder_rate"):
        fit_latent_path(line, settings("autoencoder") | {"autoencoder_rate": 1e30}, seed=0)


@pytest.fixture(scope="module")
def counted():
    """Counts that drift over six times, their anchors, and what is asked of decoded weights."""
    rng = np.random.default_rng(0)
    snapshots = [rng.binomial(5, p, (300, 2)) for p in np.linspace(0.1, 0.9, 6)]
    backbone = GRUBackbone(variables=2, head=CountHead(6), hidden=3)
    training = {
        "alignment": "pooled",
        "first_steps": 300,
        "steps": 200,
        "batch": 300,
        "learning_rate": 0.02,
        "settled": None,
    }
    cpu = torch.device("cpu")
    anchors = train_anchors(backbone, snapshots, np.arange(6.0), training, Computation(0, cpu))
    return anchors.weights, Behaviour(backbone, snapshots, cpu)


@pytest.mark.slow
def test_the_behavioural_loss_lowers_what_decoded_weights_lose(settings, counted):
    """Where the auto-encoder is too narrow to give all weights back, those that matter are given back better."""
    weights, behaviour = counted
    lost = {}
    for strength in (1e-9, 1.0):
        chosen = settings("autoencoder") | {"autoencoder_width": 4, "behavioural": strength}
        _, losses = fit_latent_path(weights, chosen, 0, behaviour)
        lost[strength] = losses["behavioural"].tail(50).mean()
    assert lost[1e-9] > 0
    assert lost[1.0] < 0.7 * lost[1e-9], lost


@pytest.mark.slow
def test_both_losses_add_up(settings, counted):
    weights, behaviour = counted
    chosen = settings("autoencoder") | {"structural": 0.5, "behavioural": 3.0}
    coordinates, losses = fit_latent_path(weights, chosen, 0, behaviour)
    assert np.isfinite(coordinates).all()
    np.testing.assert_allclose(losses["loss"], 0.5 * losses["structural"] + 3 * losses["behavioural"], rtol=1e-4)
    again, _ = fit_latent_path(weights, chosen, 0, behaviour)
    assert np.array_equal(coordinates, again)


def test_the_anchors_themselves_lose_nothing(counted):
    weights, behaviour = counted
    anchors = torch.as_tensor(weights)
    assert behaviour.excess(anchors, anchors, torch.Generator()).item() == 0
    assert behaviour.excess(anchors.roll(1, 0), anchors, torch.Generator()).item() > 0.1


@pytest.mark.parametrize("method", METHODS)
def test_more_dimensions_than_the_anchors_span_are_refused(settings, line, method):
    with pytest.raises(InputError, match=r"z_dim is 9, and 9 snapshots span at most 8 dimensions; set it to 8 or less"):
        fit_latent_path(line, settings(method, 9), seed=0)


@pytest.mark.parametrize("method", ["pca", "mds", "autoencoder"])
def test_three_anchors_are_enough(settings, line, method):
    coordinates, _ = fit_latent_path(line[:3], settings(method, 2), seed=0)
    assert np.isfinite(coordinates).all()


def test_equal_anchors_give_a_path_that_stands_still(settings):
    coordinates, _ = fit_latent_path(np.ones((4, 6)), settings("pca"), seed=0)
    assert not coordinates.any()


def test_spline_equals_scipys_natural_cubic_spline():
    times = np.array([0.0, 0.1, 0.4, 0.45, 1.0])
    knots = np.random.default_rng(0).normal(size=(5, 3))
    ours, theirs = (
        spline(torch.from_numpy(knots), torch.from_numpy(times)),
        CubicSpline(times, knots, bc_type="natural"),
    )
    for t in np.linspace(0, 1, 23):
        place = torch.tensor(t, dtype=torch.float64)
        np.testing.assert_allclose(ours.evaluate(place), theirs(t), atol=1e-9)
        np.testing.assert_allclose(ours.derivative(place), theirs(t, 1), atol=1e-8)


def test_a_written_path_is_read_back(tmp_path):
    times, coordinates = np.arange(4.0), np.random.default_rng(0).normal(size=(4, 2))
    write_latent_path(tmp_path / "path.safetensors", times, coordinates, seed=1)
    found = read_latent_path(tmp_path / "path.safetensors")
    assert np.array_equal(found[0], times)
    assert np.array_equal(found[1], coordinates)


def test_a_truncated_path_is_refused_by_name(tmp_path):
    path = tmp_path / "path.safetensors"
    write_latent_path(path, np.arange(4.0), np.zeros((4, 1)))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match=r"path\.safetensors: the file is truncated"):
        read_latent_path(path)
