"""The auto-encoder of the latent path: its losses, and the likelihood of its decoded weights."""

import numpy as np
import pytest
import torch

from weightflow.anchors.settings import AnchorSettings
from weightflow.anchors.training import train_anchors
from weightflow.dynamics.latent_path import fit_latent_path
from weightflow.dynamics.path_autoencoder import Behaviour
from weightflow.errors import DivergenceError
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.seeding import Computation


def test_the_autoencoders_loss_falls(path_settings, line):
    _, losses = fit_latent_path(line, path_settings("autoencoder"), seed=0)
    assert losses["step"].tolist() == list(range(300))
    assert losses["loss"].iloc[-1] < 0.1 * losses["loss"].iloc[0]
    assert losses["loss"].equals(losses["structural"])
    assert losses["behavioural"].isna().all()


def test_a_diverging_autoencoder_names_the_setting_to_change(path_settings, line):
    with pytest.raises(DivergenceError, match=r"lower models\.\*\.path\.autoencoder_rate"):
        fit_latent_path(line, path_settings("autoencoder").but(autoencoder_rate=1e30), seed=0)


@pytest.fixture(scope="module")
def counted():
    """Counts that drift over six times, their anchors, and what is asked of decoded weights."""
    rng = np.random.default_rng(0)
    snapshots = [rng.binomial(5, p, (300, 2)) for p in np.linspace(0.1, 0.9, 6)]
    backbone = GRUBackbone(variables=2, head=CountHead(6), hidden=3)
    training = AnchorSettings(first_steps=300, steps=200, batch=300, learning_rate=0.02)
    cpu = torch.device("cpu")
    anchors = train_anchors(backbone, snapshots, np.arange(6.0), training, Computation(0, cpu))
    return anchors.weights, Behaviour(backbone, snapshots, cpu)


@pytest.mark.slow
def test_the_behavioural_loss_lowers_what_decoded_weights_lose(path_settings, counted):
    """Where the auto-encoder is too narrow to give all weights back, those that matter are given back better."""
    weights, behaviour = counted
    lost = {}
    for strength in (1e-9, 1.0):
        chosen = path_settings("autoencoder").but(autoencoder_width=4, behavioural=strength)
        _, losses = fit_latent_path(weights, chosen, 0, behaviour)
        lost[strength] = losses["behavioural"].tail(50).mean()
    assert lost[1e-9] > 0
    assert lost[1.0] < 0.7 * lost[1e-9], lost


@pytest.mark.slow
def test_both_losses_add_up(path_settings, counted):
    weights, behaviour = counted
    chosen = path_settings("autoencoder").but(structural=0.5, behavioural=3.0)
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


def test_coordinates_may_be_bounded_and_stay_as_they_are(path_settings, line):
    settings = path_settings("autoencoder").but(bounded=True, inputs="raw", coordinates="raw", seed=3)
    found, _ = fit_latent_path(line, settings, 0)
    again, _ = fit_latent_path(line, settings, 1)
    assert np.array_equal(found, again)  # the settings' seed
    assert np.abs(found).max() < 1
    assert abs(found.std() - 1) > 0.01
