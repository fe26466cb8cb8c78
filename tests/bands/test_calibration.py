"""Bands are stretched as far as left-out snapshots ask for."""

import numpy as np
import pytest
import torch
from scipy.special import logit

from weightflow.bands.calibration import STRETCHES, choose_stretch, held_share
from weightflow.bands.conditional_flow import LogOdds, log_odds
from weightflow.bands.curves import EnsembleCurves

TIMES = np.arange(6.0)
LEVELS = 12


class Softmax:
    """A backbone of one variable whose weights are its logits."""

    def marginals(self, weights: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
        return weights.double().softmax(-1).unsqueeze(1)


def problem(spread: float, error: float, seed: int = 0) -> tuple[EnsembleCurves, list[np.ndarray]]:
    """An ensemble with a spread about curves that err by another, and a million states at each of its times."""
    rng = np.random.default_rng(seed)
    centre = np.linspace(-1, 1, LEVELS) + rng.normal(size=LEVELS) * TIMES[:, None] / 5
    truth = centre + error * rng.normal(size=centre.shape)
    anchors = centre + spread * rng.normal(size=(40, *centre.shape))
    shares = np.exp(truth) / np.exp(truth).sum(1, keepdims=True)
    states = [rng.choice(LEVELS, (1_000_000, 1), p=share) for share in shares]
    return EnsembleCurves(TIMES, anchors, clock=1.0), states


def arguments(error: float) -> tuple:
    curves, states = problem(0.1, error)
    return curves, Softmax(), states


def test_bands_that_hold_what_they_should_stay():
    curves, states = problem(0.1, 0.05)
    assert choose_stretch(curves, Softmax(), states, 200, 0.9, 0) == 1


@pytest.mark.slow
def test_bands_that_do_not_are_stretched():
    found = [choose_stretch(*args, 200, 0.9, 0) for args in (arguments(0.11), arguments(0.14), arguments(0.4))]
    assert 1 < found[0] < found[1] < found[2] == STRETCHES[-1]


def test_a_wider_stretch_holds_more():
    curves, states = problem(0.1, 0.15)
    rng = np.random.default_rng(0)
    told = log_odds(curves, Softmax(), TIMES[2], curves.coordinates(np.full(400, TIMES[2]), rng), None)
    held = [held_share(told, states[2], stretch, 0.9, rng) for stretch in (0.3, 1.0, 3.0)]
    assert held[0] < held[1] < held[2]


def test_frequencies_of_few_states_lie_in_bands_of_the_right_networks():
    rng = np.random.default_rng(1)
    said = rng.dirichlet(np.full(LEVELS, 3.0))
    told = LogOdds(logit(said)[None], np.zeros((400, 1, LEVELS)))
    held = [held_share(told, rng.choice(LEVELS, (50, 1), p=said), 1, 0.9, rng) for _ in range(60)]
    assert np.mean(held) == pytest.approx(0.9, abs=0.04)


def test_of_three_snapshots_nothing_can_be_told():
    curves, states = problem(0.1, 0.4)
    few = EnsembleCurves(TIMES[:3], curves.anchors[:, :3], clock=1.0)
    assert choose_stretch(few, Softmax(), states[:3], 20, 0.9, 0) == 1
