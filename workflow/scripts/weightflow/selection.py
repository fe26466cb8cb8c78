"""Choices that only data can make, made on a validation split of the training states alone.

Some states of every observed snapshot are put aside, candidates learn from the others, and the one with the
best likelihood of what was put aside wins. The final fit then uses all training states.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from weightflow import seeding
from weightflow.backbones import Backbone, make_backbone
from weightflow.dynamics import Field, Solver, solve_weights
from weightflow.fitting import Material, fit_dynamics
from weightflow.snapshots import Snapshots, split
from weightflow.spline_fitting import fit_spline
from weightflow.teacher import Teacher, lesson
from weightflow.weight_spline import WeightSpline, knot_times

_CHOICE = ("hidden", "curvature", "roughness")


def validation_split(
    data: Snapshots, fraction: float, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(learning, validation): K arrays each, of the observed snapshots of the training part.

    Where all snapshots are equally many, the same rows are put aside in each, so that no trajectory is in both.
    """
    paired = len({len(snapshot) for snapshot in data.observed}) == 1
    return split(data.observed, fraction, paired, seeding.stream(seed, "validation"))


@torch.no_grad()
def validation_nll(backbone: Backbone, weights: np.ndarray, validation: Sequence[np.ndarray]) -> float:
    """Mean over snapshots of −log p per state, in nats, at weights (K, P)."""
    networks = torch.as_tensor(weights, dtype=torch.float32)
    found = [
        -backbone.log_prob(network[None], torch.as_tensor(states).long()).mean().item()
        for network, states in zip(networks, validation, strict=True)
    ]
    return float(np.mean(found))


def smoothing_candidates(model: Mapping[str, Any]) -> list[dict[str, float]]:
    """Every combination of the widths and smoothing weights that a model's settings list."""
    spline, backbone = model["spline"], model["backbone"]
    listed = [as_list(backbone["hidden"]), as_list(spline["curvature"]), as_list(spline["roughness"])]
    return [dict(zip(_CHOICE, values, strict=True)) for values in itertools.product(*listed)]


def as_list(value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one."""
    return list(value) if isinstance(value, list) else [value]


def choose_smoothing(
    data: Snapshots, teacher: Teacher | None, model: Mapping[str, Any], seed: int, device: torch.device
) -> tuple[dict[str, float], pd.DataFrame]:
    """The width and the smoothing weights with the best likelihood of the validation split.

    Each candidate fits a curve from fresh weights for `selection.steps` steps.

    Args:
        data: its observed training snapshots are split.
        teacher: of the model, or None.
        model: the settings.
        seed: of the split and of every fit.
        device: where to compute.

    Returns:
        The choice, and a table hidden, curvature, roughness, nll (nats per state; empty where nothing is to choose).
    """
    candidates = smoothing_candidates(model)
    if len(candidates) == 1:
        return candidates[0], pd.DataFrame(columns=[*_CHOICE, "nll"])
    selection, times = model["selection"], data.observed_times
    learning, validation = validation_split(data, selection["validation"], seed)
    rng = seeding.stream(seed, "selection lesson")
    told = lesson(teacher, learning, times, data.states, model["teacher"]["points"], rng)
    knots = knot_times(times, model["spline"]["knots"], model["spline"]["first_knots"])
    rows = []
    for candidate in candidates:
        settings = model["backbone"] | {"hidden": candidate["hidden"]}
        backbone = make_backbone(settings, len(data.variables), data.states)
        fresh = backbone.initial(1, torch.Generator().manual_seed(seeding.integer(seed, "selection")))
        start = WeightSpline(knots, np.repeat(fresh.numpy(), len(knots), axis=0))
        budget = model["spline"] | {"steps": selection["steps"]}
        curve, _ = fit_spline(backbone, start, told, budget, candidate, seed, device)
        rows.append([*candidate.values(), validation_nll(backbone, curve.at(times), validation)])
    table = pd.DataFrame(rows, columns=[*_CHOICE, "nll"])
    return candidates[int(table["nll"].argmin())], table


class EarlyStopping:
    """Validation likelihood on the way of a fit, and the number of steps after which it was best."""

    def __init__(
        self,
        material: Material,
        solver: Solver,
        validation: Sequence[np.ndarray],
        every: int,
        steps: int,
    ):
        self._material, self._solver, self._validation = material, solver, validation
        self._every, self._steps = every, steps
        self._rows: list[tuple[int, float]] = []

    def __call__(self, step: int, field: Field) -> None:
        """Judge the field after so many steps; zero steps are judged too."""
        if step % self._every == 0 or step == self._steps:
            (weights,) = solve_weights(field, self._material.graph, [self._material.graph.times], self._solver)
            self._rows.append((step, validation_nll(self._material.backbone, weights, self._validation)))

    @property
    def table(self) -> pd.DataFrame:
        """Columns step, nll (nats per state)."""
        return pd.DataFrame(self._rows, columns=["step", "nll"])

    @property
    def best(self) -> int:
        """Steps with the best likelihood; of equals the fewest."""
        table = self.table
        return int(table["step"][table["nll"].argmin()])


def choose_steps(
    field: Field,
    material: Material,
    validation: Sequence[np.ndarray],
    solver: Solver,
    settings: Mapping[str, Any],
    every: int,
    seed: int,
    device: torch.device,
) -> tuple[int, pd.DataFrame]:
    """Fit the dynamics on the learning part and find the best number of steps by the validation part.

    Args:
        field: fresh; it is trained in place.
        material: made from the learning part alone.
        validation: K arrays of states put aside.
        solver, settings, seed, device: as in `fit_dynamics`.
        every: steps between judgements.

    Returns:
        The number of steps, and a table step, nll.
    """
    stopping = EarlyStopping(material, solver, validation, every, settings["steps"])
    fit_dynamics(field, material, solver, settings, seed, device, watch=stopping)
    return stopping.best, stopping.table
