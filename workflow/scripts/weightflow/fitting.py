"""Fitting the dynamics: structural loss over random starts and horizons, with path energy.

A step draws a horizon h and some starting anchors, evolves them over h snapshot intervals, and compares
every weight on the way with the anchors there: loss = structural · MSE + energy · E.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from weightflow import seeding
from weightflow.dynamics import CDEField, ODEField, Solver, evolve, normalise_times
from weightflow.errors import DivergenceError, InputError
from weightflow.graph_network import GraphNetwork
from weightflow.progress import progress
from weightflow.provenance import code_digest, settings_digest
from weightflow.storage import read_tensors, write_tensors
from weightflow.weight_graph import WeightGraph

KIND = "dynamics"
CHECKPOINT_KIND = "dynamics checkpoint"


def make_field(graph: WeightGraph, path: np.ndarray | None, settings: Mapping[str, Any], seed: int) -> nn.Module:
    """A fresh field.

    Args:
        graph: the anchors.
        path: (K, z_dim) latent coordinates that drive the CDE; None for the ODE.
        settings: the `dynamics` section: `kind`, `time_channel` and the graph network's keys.
        seed: of the initial parameters.
    """
    knots = normalise_times(graph.times, graph.times)
    with torch.random.fork_rng():
        torch.manual_seed(seeding.integer(seed, "graph network"))
        if settings["kind"] == "ode":
            return ODEField(GraphNetwork(graph.layers, graph.weights, 1, settings))
        channels = torch.as_tensor(path, dtype=torch.float64)
        if settings["time_channel"]:
            channels = torch.cat([knots[:, None], channels], dim=1)
        network = GraphNetwork(graph.layers, graph.weights, channels.shape[1], settings)
        return CDEField(network, knots, channels)


def fit_dynamics(
    field: nn.Module,
    graph: WeightGraph,
    solver: Solver,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
    checkpoint: Path,
) -> pd.DataFrame:
    """Train a field in place.

    Args:
        field: from `make_field`.
        graph: the anchors to pass through.
        solver: the scheme.
        settings: the `training` section.
        seed: of starts and horizons; step n draws the same whether or not the run was interrupted.
        device: where to train.
        checkpoint: written every `checkpoint_every` steps; a run that finds its own there goes on from it.

    Returns:
        Table step, loss, structural, energy.

    Raises:
        DivergenceError: the loss became NaN or infinite.
    """
    field.to(device)
    if settings["start_from"]:
        start_from(settings["start_from"], field)
    knots = normalise_times(graph.times, graph.times).to(device)
    anchors = torch.as_tensor(graph.weights, dtype=torch.float32, device=device)
    optimiser = torch.optim.Adam(field.parameters(), lr=settings["learning_rate"], foreach=True)
    begin = {name: value.tolist() for name, value in field.state_dict().items()}  # the latent path among them
    code, network = code_digest(__file__), field.network.settings
    fingerprint = settings_digest([graph.anchors, dict(settings), solver.__dict__, seed, network, begin, code])
    history = _resume(checkpoint, fingerprint, field, optimiser)

    steps = settings["steps"]
    for step in progress(range(len(history), steps), "dynamics", total=steps, done=len(history)):
        draws = seeding.stream(seed, "starts", step)
        horizon = int(draws.integers(1, min(settings["max_horizon"] or math.inf, len(anchors) - 1) + 1))
        possible = len(anchors) - horizon
        starts = torch.as_tensor(draws.permutation(possible)[: settings["starts"]], device=device)
        reached, energy = evolve(field, anchors[starts], starts, knots, horizon, solver)
        goal = torch.stack([anchors[starts + i + 1] for i in range(horizon)])
        structural = (reached - goal).square().mean()
        path_energy = energy[-1].mean()
        loss = settings["structural"] * structural + settings["energy"] * path_energy

        for group in optimiser.param_groups:
            group["lr"] = settings["learning_rate"] * _decay(settings["schedule"], step, steps)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        gradient = nn.utils.clip_grad_norm_(field.parameters(), settings["clip"])
        values = [loss.item(), structural.item(), path_energy.item()]
        if not all(map(math.isfinite, [*values, gradient.item()])):
            raise DivergenceError(
                f"fitting the dynamics diverged at step {step} (loss {values[0]}); lower "
                f"models.*.training.learning_rate (now {settings['learning_rate']}) or raise "
                f"models.*.solver.substeps (now {solver.substeps})."
            )
        optimiser.step()
        history.append([step, *values])
        if settings["checkpoint_every"] and (step + 1) % settings["checkpoint_every"] == 0 and step + 1 < steps:
            _write_checkpoint(checkpoint, fingerprint, field, optimiser, history)
    checkpoint.unlink(missing_ok=True)
    return pd.DataFrame(history, columns=["step", "loss", "structural", "energy"])


def write_field(path: str | Path, field: nn.Module, **metadata: Any) -> None:
    """Write a field's parameters and buffers."""
    write_tensors(path, KIND, _to_numpy(field.state_dict()), **metadata)


def load_field(path: str | Path, field: nn.Module) -> None:
    """Load parameters and buffers into a field of the same shape.

    Raises:
        InputError: the file is damaged or belongs to another network.
    """
    field.load_state_dict(_read_field(path, field))


def start_from(path: str | Path, field: nn.Module) -> None:
    """Take over another run's parameters, but not its buffers: path and scales stay those of this run's anchors.

    Raises:
        InputError: the file is damaged or belongs to another network.
    """
    trained = _read_field(path, field)
    with torch.no_grad():
        for name, parameter in field.named_parameters():
            parameter.copy_(trained[name])


def _read_field(path: str | Path, field: nn.Module) -> dict[str, Tensor]:
    tensors = read_tensors(path, KIND).tensors
    shapes = {name: tuple(value.shape) for name, value in field.state_dict().items()}
    if {name: array.shape for name, array in tensors.items()} != shapes:
        raise InputError(f"{path}: holds dynamics of another shape; use one trained with the same settings.")
    return {name: torch.from_numpy(array) for name, array in tensors.items()}


def _decay(schedule: str, step: int, steps: int) -> float:
    return 1.0 if schedule == "constant" else 0.02 + 0.49 * (1 + math.cos(math.pi * step / steps))


def _write_checkpoint(path: Path, fingerprint: str, field: nn.Module, optimiser: torch.optim.Adam, history: list):
    moments = {
        f"adam.{name}.{index}": value
        for index, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }
    tensors = {f"field.{name}": value for name, value in field.state_dict().items()}
    arrays = _to_numpy({**tensors, **moments})
    write_tensors(path, CHECKPOINT_KIND, {**arrays, "history": np.array(history)}, fingerprint=fingerprint)


def _resume(path: Path, fingerprint: str, field: nn.Module, optimiser: torch.optim.Adam) -> list:
    """Load a checkpoint of this very run, if there is one; return its history so far."""
    if not path.is_file():
        return []
    try:
        artefact = read_tensors(path, CHECKPOINT_KIND)
    except InputError:
        return []  # a damaged checkpoint costs time, not the run
    if artefact.metadata["fingerprint"] != fingerprint:
        return []
    tensors = {name: torch.from_numpy(array.copy()) for name, array in artefact.tensors.items()}
    field.load_state_dict({name[6:]: value for name, value in tensors.items() if name.startswith("field.")})
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("adam."):
            _, moment, index = name.split(".")
            state.setdefault(int(index), {})[moment] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return [[int(row[0]), *row[1:]] for row in artefact.tensors["history"].tolist()]


def _to_numpy(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: value.detach().cpu().numpy() for name, value in tensors.items()}
