"""Bands from a conditional flow: marginals of the drawn networks, and a spread equal to that of the ensemble."""

import numpy as np
import pytest
import torch
from scipy.special import logit

from weightflow.bands import conditional_flow
from weightflow.bands.conditional_flow import PossibleNetworks, conditions_at, fit_band_flow, predict_bands
from weightflow.bands.curves import EnsembleCurves
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.populations.reduction import Reduction
from weightflow.populations.settings import VelocitySettings
from weightflow.populations.weight_flow import Velocity, WeightFlow, generate
from weightflow.seeding import Computation

OBSERVED = np.array([0.0, 1.0, 2.0])
SETTINGS = VelocitySettings(width=32, steps=400, batch=128, learning_rate=0.003, weight_decay=0, ema=0.98, source=1)


@pytest.fixture
def backbone() -> GRUBackbone:
    return GRUBackbone(variables=2, head=CountHead(3), hidden=2)


@pytest.fixture
def curves(backbone) -> EnsembleCurves:
    drawn = backbone.initial(12, torch.Generator().manual_seed(0)).numpy()
    return EnsembleCurves(OBSERVED, drawn.reshape(4, 3, -1), clock=1.0)


def test_conditions_are_the_time_from_minus_one_to_one_and_the_curves_errors(curves):
    found = conditions_at(np.array([0.0, 0.5, 1.0, 2.0]), curves)
    np.testing.assert_allclose(found[:, 0], [-1, -0.5, 0, 1])
    np.testing.assert_allclose(found[:, 1], [0, 1, 0, 0], atol=1e-6)


def test_bands_are_quantiles_of_what_drawn_networks_say(monkeypatch, backbone, curves):
    drawn, told = curves.coordinates(np.full(40, 0.5), np.random.default_rng(0)), []

    def draw(flow, count, seed, conditions):
        told.append(float(conditions[0, 0]))
        return drawn[:count]

    monkeypatch.setattr(conditional_flow, "generate", draw)
    made = WeightFlow(Velocity(4, 2, 2), None, 1.0, np.zeros(1))
    found = predict_bands(PossibleNetworks(made, curves, backbone), np.array([0.0, 1.0]), 40, 0.9, 0)
    assert told == [-1, 0]
    assert found.lower.shape == (2, 2, 3)
    for place, time in enumerate((0.0, 1.0)):
        told = [curves.weights(time, chosen).astype(np.float32) for chosen in (drawn, np.zeros((1, curves.size)))]
        said, centre = (backbone.marginals(torch.as_tensor(own), 64, torch.Generator()).numpy() for own in told)
        np.testing.assert_allclose(found.middle[place], centre[0], atol=1e-6)
        for part, share in ((found.lower, 0.05), (found.upper, 0.95)):
            quantile = np.quantile(said, share, axis=0, method="linear")
            np.testing.assert_allclose(part[place], quantile, atol=2e-3)


def test_stretched_bands_are_as_much_wider_in_log_odds(backbone, curves):
    flow = WeightFlow(Velocity(4, 2, 2).eval(), Reduction(np.zeros(4), 1.0), 1.0, np.zeros(1))
    possible = PossibleNetworks(flow, curves, backbone)
    one, two = (predict_bands(possible, OBSERVED, 30, 0.9, 0, stretch) for stretch in (1.0, 2.0))
    np.testing.assert_allclose(two.middle, one.middle)
    for end in ("lower", "upper"):
        apart = [logit(getattr(found, end)) - logit(found.middle) for found in (one, two)]
        np.testing.assert_allclose(apart[1], 2 * apart[0], rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_drawn_networks_are_spread_as_those_the_flow_is_matched_to(curves):
    flow = fit_band_flow(curves, SETTINGS.but(width=128, steps=1500), Computation(0, torch.device("cpu")))
    for time in (0.0, 0.5, 1.0, 1.75):
        found = generate(flow, 2000, 1, conditions_at(np.full(2000, time), curves))
        assert found.shape == (2000, curves.size)
        expected = curves.coordinates(np.full(20_000, time), np.random.default_rng(0))
        np.testing.assert_allclose(found.mean(0), 0, atol=0.15)
        np.testing.assert_allclose(found.std(0), expected.std(0), atol=0.25)


def test_the_same_seed_gives_the_same_bands(backbone, curves):
    short = SETTINGS.but(steps=3)

    def bands(seed: int) -> bytes:
        flow = fit_band_flow(curves, short, Computation(seed, torch.device("cpu")))
        return predict_bands(PossibleNetworks(flow, curves, backbone), OBSERVED, 20, 0.9, seed).upper.tobytes()

    assert bands(0) == bands(0) != bands(1)
