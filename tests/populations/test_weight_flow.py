"""Flows over weights: known Gaussians are reached from noise, and draws are reproducible."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from weightflow.errors import DivergenceError, InputError
from weightflow.populations import weight_flow
from weightflow.populations.reduction import Reduction, fit_reduction
from weightflow.populations.settings import FlowSettings
from weightflow.populations.weight_flow import Velocity, WeightFlow
from weightflow.seeding import Computation

CPU = torch.device("cpu")
SETTINGS = FlowSettings(width=32, steps=250, batch=128, learning_rate=1e-2, weight_decay=0, ema=0.95, source=1)
BRIEF = SETTINGS.but(steps=5, width=8, batch=8)


def fit(weights: np.ndarray, settings: FlowSettings, seed: int = 0) -> WeightFlow:
    """A flow to networks, in the coordinates of its settings."""
    raw = settings.coordinates == "raw"
    reduction = fit_reduction(weights, settings.components, settings.reduction, raw)
    return WeightFlow.to(weights, reduction, settings, Computation(seed, CPU))


def gaussian(rng, count: int = 3000) -> np.ndarray:
    """Draws of one Gaussian in two dimensions."""
    mixing = np.array([[1.0, 0.6], [0.0, 0.5]])
    return (rng.standard_normal((count, 2)) @ mixing + np.array([3.0, -1.0])).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(
    "other",
    [
        {},
        {"coupling": "optimal"},
        {"source": 0.5, "times": [1.5, 1.2], "steps": 500},
        {"components": 2, "reduction": "incremental"},
        {"coordinates": "raw", "path_noise": 0.001, "zero_last": True, "schedule": "constant", "learning_rate": 3e-3},
        {"solver": "rk4", "solver_steps": 20, "keep": "best", "accumulate": 2, "betas": (0.9, 0.95)},
    ],
    ids=["plain", "optimal", "other source and times", "components", "published path", "other optimiser and solver"],
)
def test_samples_have_the_mean_and_covariance_of_a_gaussian(rng, other):
    weights = gaussian(rng)
    made = fit(weights, SETTINGS.but(**other)).draw(4000, 1)
    np.testing.assert_allclose(made.mean(0), weights.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(made.T), np.cov(weights.T), atol=0.2)


def test_without_noise_of_its_own_a_gaussians_loss_is_its_conditional_variance(rng):
    """Var(x₁ − x₀ | x_t) = s² / ((1 − t)² + s² t²) along an axis of spread s, from noise of 1: on average s π/2."""
    weights = gaussian(rng)
    flow = fit(weights, SETTINGS)
    spreads = np.linalg.eigvalsh(np.cov(flow.reduction.coordinates(weights).T)) ** 0.5
    assert flow.losses["loss"].iloc[-150:].mean() == pytest.approx(spreads.mean() * np.pi / 2, rel=0.08)


@pytest.mark.parametrize(("steps", "seen"), [(1, 1), (2, 2), (5, 3), (6, 3), (7, 3)])
def test_losses_are_kept_at_regular_steps_and_the_last(rng, monkeypatch, steps, seen):
    weights = gaussian(rng, 50)
    everything = fit(weights, BRIEF.but(steps=steps)).losses
    monkeypatch.setattr(weight_flow, "_SEEN", 2)
    losses = fit(weights, BRIEF.but(steps=steps)).losses
    assert (len(everything), len(losses)) == (steps, seen)
    kept = everything[everything["step"].isin(losses["step"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(losses, kept)
    assert losses["step"].iloc[-1] == steps - 1


def test_a_known_velocity_carries_the_noise_to_where_it_leads():
    """dx/dt = a x + c takes x to exp(a) x + c (exp(a) − 1) / a."""
    ahead = torch.tensor([1.0, 0.0, -1.0])

    class Known(Velocity):
        def forward(self, t, x):
            return 0.7 * x + ahead + 0 * t

    reduction = Reduction(np.array([5.0, 6.0, 7.0], np.float32), 2.0)
    still = WeightFlow(Known(3, 8), reduction, 0.0, np.zeros(1))
    moved = ahead.numpy() * np.expm1(0.7) / 0.7
    there = np.tile(2 * moved + reduction.mean, (50, 1))
    np.testing.assert_allclose(still.draw(50, 0), there, rtol=1e-3)
    spread = dataclasses.replace(still, source=0.5)
    made = spread.draw(50, 0)
    twice = dataclasses.replace(still, source=1.0).draw(50, 0)
    np.testing.assert_allclose(2 * (made - there), twice - there, atol=0.01)
    wide = spread.draw(20_000, 0)
    np.testing.assert_allclose(wide.std(0), 2 * 0.5 * np.exp(0.7), rtol=0.03)


def test_components_keep_samples_within_their_span(rng):
    weights = (rng.standard_normal((50, 2)) @ rng.standard_normal((2, 9)) + 4).astype(np.float32)
    flow = fit(weights, BRIEF.but(components=2))
    made = flow.draw(7, 0) - weights.mean(0)
    span = np.linalg.svd(weights - weights.mean(0), full_matrices=False)[2][:2]
    np.testing.assert_allclose(made @ span.T @ span, made, atol=1e-4)


def test_the_average_of_parameters_is_what_is_kept(rng):
    """With a weight of one for what was, the flow stays at its first step."""
    weights = gaussian(rng, 50)
    first = fit(weights, BRIEF.but(steps=1))
    kept, left = (fit(weights, BRIEF.but(steps=2, ema=ema)) for ema in (1.0, 0.0))
    states = [list(flow.velocity.state_dict().values()) for flow in (first, kept, left)]
    # The first step of one goes with the full rate, as the first of two does.
    assert all(torch.allclose(one, two, atol=1e-7) for one, two in zip(*states[:2], strict=True))
    assert not all(torch.allclose(one, two, atol=1e-7) for one, two in zip(states[0], states[2], strict=True))


def test_a_velocity_whose_last_layer_begins_at_zero_leaves_the_noise_where_it_is(rng):
    still = fit(gaussian(rng, 50), BRIEF.but(zero_last=True, learning_rate=1e-12, coordinates="raw", source=0.01))
    made = still.draw(400, 3)
    np.testing.assert_allclose([made.mean(), made.std()], [0, 0.01], atol=0.001)


def test_raw_coordinates_are_weights_about_the_origin(rng):
    weights = gaussian(rng, 50)
    reduction = fit_reduction(weights, None, "dual", raw=True)
    np.testing.assert_array_equal(reduction.coordinates(weights), weights)
    centred = fit_reduction(weights, 2, "dual", raw=True)
    np.testing.assert_allclose(
        np.square(centred.coordinates(weights)).sum(1), np.square(weights - weights.mean(0)).sum(1), rtol=1e-4
    )


def test_training_ends_when_the_loss_has_not_fallen(rng):
    steady = BRIEF.but(steps=400, learning_rate=1e-12, patience=3)  # the loss goes up and down alone
    losses = fit(gaussian(rng, 50), steady).losses
    assert losses["step"].iloc[-1] < 200
    assert fit(gaussian(rng, 50), steady.but(patience=None)).losses["step"].iloc[-1] == 399


def test_the_parameters_of_the_least_loss_are_kept(rng, monkeypatch):
    weights, constant = gaussian(rng, 50), BRIEF.but(schedule="constant")
    losses, whole = iter(()), weight_flow._loss

    def falling_then_rising(*given):
        return whole(*given) * 0.01 + next(losses)

    monkeypatch.setattr(weight_flow, "_loss", falling_then_rising)
    losses = iter(abs(step - 40.0) for step in range(100))
    best = fit(weights, constant.but(steps=100, keep="best"))
    losses = iter([0.0] * 41)
    until = fit(weights, constant.but(steps=41, keep="last"))
    for one, two in zip(best.velocity.parameters(), until.velocity.parameters(), strict=True):
        assert torch.equal(one, two)


def test_fixed_steps_of_a_straight_flow_are_exact_and_are_kept_in_its_file(rng, tmp_path):
    flow = dataclasses.replace(fit(gaussian(rng, 50), BRIEF), solver="euler", solver_steps=3)
    flow.write(tmp_path / "flow")
    again = WeightFlow.read(tmp_path / "flow", CPU)
    assert (again.solver, again.solver_steps) == ("euler", 3)
    np.testing.assert_array_equal(again.draw(4, 1), flow.draw(4, 1))


@pytest.mark.parametrize("coupling", ["independent", "optimal"])
def test_the_same_seed_gives_the_same_bytes(rng, tmp_path, coupling):
    weights = gaussian(rng, 60)
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        torch.manual_seed(len(name))
        fit(weights, BRIEF.but(coupling=coupling), seed).write(tmp_path / name)
    one, two, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == two
    assert one != other


def test_generation_has_a_seed_too_and_fitting_leaves_torchs_alone(rng):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    flow = fit(gaussian(rng, 60), BRIEF)
    one, two, other = (flow.draw(9, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert one.dtype == np.float32
    np.testing.assert_array_equal(one, two)
    assert (one != other).all()


@pytest.mark.parametrize("components", [None, 2])
def test_a_flow_is_the_same_after_its_file(rng, tmp_path, components):
    weights = rng.standard_normal((30, 5)).astype(np.float32)
    flow = fit(weights, BRIEF.but(components=components))
    flow.write(tmp_path / "flow", code="1")
    again = WeightFlow.read(tmp_path / "flow", CPU)
    np.testing.assert_array_equal(flow.draw(30, 1), again.draw(30, 1))
    assert again.losses.empty
    assert again.source == flow.source


def test_a_damaged_flow_is_refused_by_name(rng, tmp_path):
    fit(gaussian(rng, 20), BRIEF).write(tmp_path / "flow")
    (tmp_path / "flow").write_bytes((tmp_path / "flow").read_bytes()[:-9])
    with pytest.raises(InputError, match="flow: the file is truncated"):
        WeightFlow.read(tmp_path / "flow", CPU)


def test_divergence_is_said(rng):
    with pytest.raises(DivergenceError, match=r"the weight flow diverged at step \d+; lower its learning_rate"):
        fit(gaussian(rng, 20), BRIEF.but(learning_rate=1e30))
