"""OT-CFM against its authors' library, and shifts and growing spreads that a flow carries exactly."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from torchcfm.conditional_flow_matching import ExactOptimalTransportConditionalFlowMatcher

from weightflow.baselines.ot_cfm import Flow, fit_flow, flow_batch, predict_flow, read_flow, write_flow
from weightflow.baselines.settings import OtCfmSettings
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Reals
from weightflow.seeding import Computation


def shifted(rng, count: int = 300) -> list[np.ndarray]:
    """A cloud that moves by (2, −1) in each of two intervals of unequal length."""
    return [rng.standard_normal((count, 2)) * 0.3 + np.array([2.0, -1.0]) * k for k in range(3)]


TIMES = np.array([0.0, 1.0, 3.0])


def test_a_batch_lies_on_straight_ways_between_coupled_states(rng):
    snapshots = [np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[0.0, 1.0], [10.0, 1.0]])]
    inputs, goals = flow_batch(snapshots, np.array([2.0, 4.0]), 0, OtCfmSettings(spread=0.0), rng)
    # Coupled by transport, nearly no state goes to the other column.
    assert (np.abs(goals[:, 0]) < 1e-9).mean() > 0.8
    straight = np.abs(goals[:, 0]) < 1e-9
    np.testing.assert_allclose(goals[straight, 1], 0.5)
    np.testing.assert_allclose(inputs[straight, 1], (inputs[straight, 2] - 2) / 2, atol=1e-9)


@pytest.mark.slow
def test_batches_are_those_of_the_authors_library(rng):
    """Places, velocities and their products have the same means; the library's intervals have length one."""
    matcher = ExactOptimalTransportConditionalFlowMatcher(sigma=OtCfmSettings().spread)
    snapshots = [rng.standard_normal((256, 2)), rng.standard_normal((256, 2)) @ [[1.5, 0.4], [0.0, 0.6]] + [3.0, 1.0]]
    ours, theirs = [], []
    np.random.seed(0)
    torch.manual_seed(0)
    for _ in range(120):
        inputs, goals = flow_batch(snapshots, np.array([0.0, 2.0]), 0, OtCfmSettings(), rng)
        ours.append(np.column_stack([inputs[:, :2], inputs[:, 2] / 2, 2 * goals]))
        drawn = [torch.as_tensor(part[rng.integers(len(part), size=256)]) for part in snapshots]
        time, place, velocity = matcher.sample_location_and_conditional_flow(*drawn)
        theirs.append(np.column_stack([place.numpy(), time.numpy(), velocity.numpy()]))
    ours, theirs = np.concatenate(ours), np.concatenate(theirs)
    for a, b in itertools.combinations_with_replacement(range(5), 2):
        one, two = ours[:, a] * ours[:, b], theirs[:, a] * theirs[:, b]
        assert one.mean() == pytest.approx(two.mean(), abs=0.04 * (1 + two.std())), (a, b)
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=0.03)


def test_a_flow_carries_along_a_known_field():
    class Rotation(torch.nn.Module):
        def forward(self, at):
            return torch.stack([-at[:, 1], at[:, 0]], dim=1)

    flow = Flow(Rotation(), TIMES, 50)
    quarter = flow.carry(torch.tensor([[1.0, 0.0]]), 0.0, np.pi / 2)
    np.testing.assert_allclose(quarter, [[0.0, 1.0]], atol=1e-5)
    assert torch.equal(flow.carry(quarter, 1.0, 1.0), quarter)


@pytest.mark.slow
@pytest.mark.parametrize("time", [0.5, 2.0])
def test_a_moving_cloud_is_met_on_its_way(rng, time):
    snapshots = shifted(rng)
    flow = fit_flow(snapshots, TIMES, OtCfmSettings(steps=300, batch=64), Computation(0, torch.device("cpu")))
    k = int(time >= 1)
    start = torch.as_tensor(snapshots[k], dtype=torch.float32)
    reached = flow.carry(start, TIMES[k], time).numpy()
    expected = np.array([2.0, -1.0]) * np.interp(time, TIMES, [0, 1, 2])
    np.testing.assert_allclose(reached.mean(0), expected, atol=0.25)
    assert reached.std(0).max() < 0.6


def test_the_same_seed_gives_the_same_flow(rng):
    snapshots = shifted(rng, 40)
    first, second = (
        fit_flow(snapshots, TIMES, OtCfmSettings(steps=3), Computation(5, torch.device("cpu"))).velocity.state_dict()
        for _ in range(2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_flow_is_the_same_after_its_file(rng, tmp_path):
    flow = fit_flow(shifted(rng, 40), TIMES, OtCfmSettings(steps=2, width=8), Computation(5, torch.device("cpu")))
    write_flow(tmp_path / "flow.safetensors", flow)
    back = read_flow(tmp_path / "flow.safetensors", torch.device("cpu"))
    start = torch.ones(3, 2)
    assert torch.equal(flow.carry(start, 0.5, 3.0), back.carry(start, 0.5, 3.0))


def test_the_unit_of_time_does_not_matter(rng):
    settings, computation = OtCfmSettings(steps=30), Computation(0, torch.device("cpu"))
    snapshots = [rng.normal(size=(40, 2)) + k for k in range(3)]
    names, label, space = ["a", "b"], "time", Reals.of(snapshots)
    data = Snapshots(TIMES, snapshots, [], np.ones(3, bool), names, space, "training", label)
    later = dataclasses.replace(data, times=5 + 1024 * TIMES)
    flows = [fit_flow(d.coordinates, d.observed_times, settings, computation) for d in (data, later)]
    made = [predict_flow(flow, either, 40, 0) for flow, either in zip(flows, (data, later), strict=True)]
    for ours, theirs in zip(made[0].samples, made[1].samples, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_counts_are_rounded_without_a_drift(counts):
    class Still(torch.nn.Module):
        def forward(self, at):
            return torch.full((len(at), at.shape[1] - 1), 0.5)

    flow = Flow(Still(), counts.observed_times, 50)
    flow.velocity.register_parameter("none", torch.nn.Parameter(torch.zeros(1)))
    between = 1  # not observed
    moved = 0.5 * np.diff(flow.scaled(counts.times[: between + 1])).item()
    predicted = predict_flow(flow, counts, 2000, 0).samples[between]
    np.testing.assert_allclose(predicted.mean(0), counts.observed[0].mean(0) + moved, atol=0.15)
