"""What is measured on: the paper's epidemic as the workflow's defaults have it, and synthetic data of any size."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from weightflow import seeding
from weightflow.data.preparation import fitted_range, observed_mask
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.dynamics.settings import ModelSettings
from weightflow.networks.backbones import Backbone, make_backbone
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")
EPIDEMIC = {
    "system": "epidemic",
    "trajectories": 1000,
    "seed": 1,
    "heldout": 1000,
    "observe_every": 10,
}  # as by default


def settings(**changes: Mapping[str, Any]) -> ModelSettings:
    """The settings of a model: the defaults, and by section what is changed."""
    return ModelSettings.of(changes, "benchmark")


@functools.cache
def epidemic(trajectories: int = 1000, every: int = 10) -> Snapshots:
    """The paper's epidemic: 101 times, every n-th observed."""
    system = read_system(ROOT / "resources" / "systems" / "epidemic.yaml")
    parts = [simulate(system, trajectories, seeding.integer(1, name)) for name in ("training", "heldout")]
    training, heldout = ([states[:, t] for t in range(states.shape[1])] for states in parts)
    observed = observed_mask(len(training), every)
    pooled = np.concatenate([s for s, seen in zip(training, observed, strict=True) if seen])
    space = Counts.of([fitted_range(column) for column in pooled.T])
    times = np.arange(len(training), dtype=float)
    return Snapshots(times, training, heldout, observed, list(system.species), space, "heldout", "time")


def counts(variables: int = 3, snapshots: int = 11, levels: int = 64, states: int = 1000) -> Snapshots:
    """Binomial counts whose mean rises with time, every time observed."""
    rng, largest = np.random.default_rng(0), int((levels - 1) / 1.1)
    shares = np.linspace(0.2, 0.8, snapshots)
    training = [rng.binomial(largest, share, size=(states, variables)) for share in shares]
    names, observed = [f"x{i + 1}" for i in range(variables)], np.ones(snapshots, dtype=bool)
    times = np.arange(snapshots, dtype=float)
    return Snapshots(times, training, [], observed, names, Counts(levels), "training", "time")


def backbone_of(data: Snapshots, **changes: Any) -> Backbone:
    """The default backbone of a data set."""
    return make_backbone(settings(backbone=changes).backbone, data.variables, data.space)
