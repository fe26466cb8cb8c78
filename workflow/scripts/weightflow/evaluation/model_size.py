"""The size of models against the number of states: weights of networks, and a table of all joint states."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from weightflow.data.state_space import Counts
from weightflow.dynamics.graph_network import GraphNetwork
from weightflow.dynamics.settings import ModelSettings
from weightflow.formats.raw_snapshots import default_names
from weightflow.networks.backbones import make_backbone
from weightflow.networks.settings import BackboneSettings

COLUMNS = ["what", "name", "variables", "states", "size"]
BACKBONE, FIELD, TABLE = KINDS = ("backbone", "graph network", "joint table")
STATES = (10, 20, 50, 100, 200, 500, 1000)


class _Holder(NamedTuple):
    """A network or a table: one of `KINDS`, its name, its number of variables and of states per variable."""

    what: str
    name: str
    variables: int
    states: int


def model_sizes(
    models: Iterable[ModelSettings], variables: Sequence[int], states: Sequence[int] = STATES
) -> pd.DataFrame:
    """Number of weights of every backbone, of every field over one, and of the table of all joint states.

    Args:
        models: settings; networks that models share are listed once.
        variables: numbers d of variables.
        states: numbers L of states per variable.

    Returns:
        Table with `COLUMNS`; a table of L^d probabilities has L^d − 1 free ones, ∞ if no float holds this.
    """
    sizes: dict[_Holder, float] = {}
    for d in variables:
        for levels in states:
            for model in models:
                for width in model.backbone.widths(d):
                    # The order does not change the size, and a configured one names other variables.
                    settings = model.backbone.but(hidden=width, order="sequential")
                    name, layers = _label(settings), make_backbone(settings, default_names(d), Counts(levels)).layers
                    size = sum(layer.weights for layer in layers)
                    sizes[_Holder(BACKBONE, name, d, levels)] = size
                    kind = model.dynamics.kind
                    if kind != "spline":
                        driven = kind == "cde"
                        channels = model.path.z_dim + model.dynamics.time_channel if driven else 1
                        network = GraphNetwork(layers, np.zeros((2, size)), channels, model.dynamics)
                        over = f"over {name}" + (f", {channels} channels" if channels > 1 else "")
                        sizes[_Holder(FIELD, over, d, levels)] = sum(part.numel() for part in network.parameters())
            sizes[_Holder(TABLE, f"d = {d}", d, levels)] = _power(levels, d) - 1
    ordered = sorted(sizes, key=lambda holder: KINDS.index(holder.what))
    return pd.DataFrame([(*holder, sizes[holder]) for holder in ordered], columns=COLUMNS)


def _power(levels: int, variables: int) -> float:
    """L^d, or ∞ if no float holds it."""
    try:
        return float(levels) ** variables
    except OverflowError:
        return math.inf


def _label(backbone: BackboneSettings) -> str:
    depth = f", {backbone.layers} layers" if backbone.layers > 1 else ""
    place = ", told the variable" if backbone.position else ""
    return f"{backbone.kind} H={backbone.hidden}{depth}{place}"
