"""Fields of a configuration: made, written and read."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from weightflow import seeding
from weightflow.dynamics.equations import BaseCurve, CDEField, DrivingPath, Field, ODEField, normalise_times
from weightflow.dynamics.graph_network import GraphNetwork
from weightflow.dynamics.settings import ContinuationSettings, DynamicsSettings
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.dynamics.weight_spline import WeightSpline
from weightflow.errors import InputError
from weightflow.storage import read_tensors, write_tensors

KIND = "dynamics"


def make_field(
    graph: WeightGraph,
    path: np.ndarray | None,
    settings: DynamicsSettings,
    seed: int,
    curve: WeightSpline | None = None,
    continuation: ContinuationSettings | None = None,
) -> Field:
    """A fresh field, as it predicts: without the dropout of training.

    Args:
        graph: the anchors.
        path: (K, z_dim) latent coordinates that drive the CDE; None for the ODE.
        curve: base curve; None for the paper's field, which starts at the first anchor.
        settings: the `dynamics` section.
        seed: of the initial parameters.
        continuation: the `continuation` section; None ends the latent path at the last snapshot, as in fits.
    """
    past = continuation or ContinuationSettings(path=None)
    knots, span = normalise_times(graph.times, graph.times), settings.span
    begin = None
    if curve is not None:
        times = normalise_times(curve.times, graph.times, span)
        begin = BaseCurve(times, torch.as_tensor(curve.weights), past.weights)
    with torch.random.fork_rng():
        torch.manual_seed(seeding.integer(seed, "graph network"))
        if settings.kind == "ode":
            return ODEField(GraphNetwork(graph.layers, graph.weights, 1, settings), begin, span).eval()
        channels = torch.as_tensor(path, dtype=torch.float64)
        if settings.time_channel:
            channels = torch.cat([knots[:, None], channels], dim=1)
        network = GraphNetwork(graph.layers, graph.weights, channels.shape[1], settings)
        driving = DrivingPath(knots, channels, settings.time_channel, past.path)
        return CDEField(network, driving, begin, span).eval()


def write_field(path: str | Path, field: nn.Module, **metadata: Any) -> None:
    """Write a field's parameters and buffers."""
    arrays = {name: value.detach().cpu().numpy() for name, value in field.state_dict().items()}
    write_tensors(path, KIND, arrays, **metadata)


def load_field(path: str | Path, field: nn.Module) -> None:
    """Load parameters and buffers into a field of the same shape.

    Raises:
        InputError: the file is damaged or belongs to another network.
    """
    field.load_state_dict(read_field(path, field))


def read_field(path: str | Path, field: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name, of a field of the same shape; raises as `load_field`."""
    tensors = read_tensors(path, KIND, finite=True).tensors
    shapes = {name: tuple(value.shape) for name, value in field.state_dict().items()}
    if {name: array.shape for name, array in tensors.items()} != shapes:
        raise InputError(f"{path}: holds dynamics of another shape; use one trained with the same settings.")
    return {name: torch.from_numpy(array) for name, array in tensors.items()}
