"""Model selection on a validation split of the training states.

Some states of every observed snapshot are held back, candidates are fitted to the others, and the candidate with
the highest likelihood of the held-back states is chosen. The final fit then uses all training states.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from weightflow import seeding
from weightflow.anchors.training import train_anchors
from weightflow.data.preparation import split
from weightflow.data.snapshots import Snapshots
from weightflow.data.subsets import evenly
from weightflow.dynamics.choice_options import IN_TURN, OF_BACKBONE, OF_LESSON, choice_options
from weightflow.dynamics.equations import Field, solve_weights
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.field_fitting import Material, Monitor, fit_dynamics
from weightflow.dynamics.latent_path import fit_latent_path
from weightflow.dynamics.path_autoencoder import Behaviour
from weightflow.dynamics.registry import SEARCHES
from weightflow.dynamics.searches import Caution
from weightflow.dynamics.settings import ModelSettings, SolverSettings, SplineSettings
from weightflow.dynamics.spline_fitting import fit_spline
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.dynamics.weight_spline import WeightSpline, knot_times, through
from weightflow.errors import DivergenceError, InputError
from weightflow.networks.backbones import Backbone, make_backbone
from weightflow.networks.fisher import unexplained
from weightflow.networks.likelihood import log_probs
from weightflow.seeding import Computation
from weightflow.storage import read_json
from weightflow.teaching.smoothing import smoothed
from weightflow.teaching.teachers import Teachers, lesson

CHOSEN = ("hidden", "softmax_up_to", "curvature", "roughness", *OF_LESSON)
ERROR_RATIO = "error_ratio"  # in a choice, beside CHOSEN
_SPREAD = 0.5  # standard deviation of error ratios about 1, before a validation split tells more
_SNAPSHOTS, _DRAWS = 12, 8000  # most snapshots of an error ratio, and states drawn at each


def validation_split(data: Snapshots, fraction: float, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(learning, validation): K arrays each, of the observed snapshots of the training part.

    If all snapshots have equally many states, the same rows are held back in each, so that no trajectory is in both.
    """
    if min(map(len, data.observed)) < 2:
        raise InputError(
            "a snapshot with a single state cannot be split for validation; add states, or give single values for the "
            "lists of models.*.backbone and models.*.spline and set dynamics.start: rest."
        )
    paired = len({len(snapshot) for snapshot in data.observed}) == 1
    return split(data.observed, fraction, paired, seeding.stream(seed, "validation"), "the training part")


def validation_nll(backbone: Backbone, weights: np.ndarray, validation: Sequence[np.ndarray]) -> float:
    """Mean over snapshots of −log p per state, in nats, at weights (K, P)."""
    return _mean_of_means(_nll_of_states(backbone, weights, validation))


def choose_smoothing(
    data: Snapshots, teachers: Teachers | None, model: ModelSettings, computation: Computation
) -> tuple[dict[str, float], pd.DataFrame]:
    """The width and the smoothing weights with the best likelihood of the validation split.

    Each candidate fits a curve from fresh weights for `selection.steps` steps; candidates that diverge are discarded.

    Args:
        data: its observed training snapshots are split.
        teachers: of the model, or None.
        model: the settings.
        computation: the device, and the seed of the split and of every fit.

    Returns:
        The choice with the `error_ratio` of its networks (1 for a single candidate), and a table with `CHOSEN` and nll
        (nats per state; empty for a single candidate).

    Raises:
        DivergenceError: every candidate diverged.
    """
    spline, backbone = model.spline, model.backbone
    options = choice_options(model, len(data.variables), data.space)
    if all(len(values) == 1 for values in options.values()):
        only = {name: options[name][0] for name in CHOSEN}
        return only | {ERROR_RATIO: 1.0}, pd.DataFrame(columns=[*CHOSEN, "nll"])
    selection, times, seed = model.selection, data.observed_times, computation.seed
    learning, validation = validation_split(data, selection.validation, seed)
    rng = seeding.stream(seed, "selection lesson")
    told = lesson(teachers, learning, times, data.space, model.teacher.points, rng)
    learning, validation = _coordinates(data, learning), _coordinates(data, validation)
    judged: dict[tuple[float, ...], list[np.ndarray]] = {}
    curves: dict[tuple[float, ...], WeightSpline] = {}

    def judge(candidate: dict[str, float]) -> float:
        network = make_backbone(backbone.chosen(candidate), data.variables, data.space)
        noise = seeding.stream(seed, "selection lesson", "kernel")
        blurred = smoothed(told, candidate, data.space, noise)
        start = _fresh_curve(network, spline, times, seed)
        try:
            short = spline.but(steps=selection.steps)
            curve, _ = fit_spline(network, start, blurred, short, candidate, computation)
        except DivergenceError as fault:
            logging.warning("%s The candidate %s is out.", fault, candidate)
            return math.inf
        curves[tuple(candidate.values())] = curve
        judged[tuple(candidate.values())] = scores = _nll_of_states(network, curve.at(times), validation)
        nll = _mean_of_means(scores)
        return math.inf if math.isnan(nll) else nll

    def error(one: dict[str, float], other: dict[str, float]) -> float:
        own, others = (judged.get(tuple(candidate.values())) for candidate in (one, other))
        return 0.0 if own is None or others is None else 2 * _error(own, others)

    caution = Caution(IN_TURN[len(OF_BACKBONE) :], OF_LESSON, {"independence": 1.0}, error)
    choice, rows = SEARCHES[selection.search].choose.load()(options, judge, caution)
    table = pd.DataFrame(rows, columns=[*IN_TURN, "nll"])
    if np.isinf(table["nll"]).all():
        raise DivergenceError(
            "every candidate for width and smoothing diverged; lower models.*.spline.learning_rate "
            f"(now {spline.learning_rate})."
        )
    network = make_backbone(backbone.chosen(choice), data.variables, data.space)
    weights = curves[tuple(choice[name] for name in options)].at(times)
    ratio = error_ratio(network, weights, learning, validation, seed)
    return {name: choice[name] for name in CHOSEN} | {ERROR_RATIO: ratio}, table[[*CHOSEN, "nll"]]


def error_ratio(
    backbone: Backbone,
    weights: np.ndarray,
    learning: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    seed: int,
) -> float:
    """Squared error of networks as a multiple of the sampling error of a network fitted to its snapshot alone.

    The multiple that validation states show (`fisher.unexplained`), shrunk to 1 where they are few.

    Args:
        backbone: the density.
        weights: (K, P) of the networks.
        learning: K arrays (N_k, d) of the coordinates that they were fitted to.
        validation: K arrays (M_k, d) of further ones.
        seed: of the draws.
    """
    generator = torch.Generator().manual_seed(seeding.integer(seed, "error ratio"))
    chosen = evenly(len(weights), _SNAPSHOTS)
    parts = [learning[k] for k in chosen], [validation[k] for k in chosen]
    ratio, error = unexplained(backbone, weights[chosen], *parts, _DRAWS, generator)
    evidence, prior = error**-2, _SPREAD**-2
    return max((evidence * ratio + prior) / (evidence + prior), 0.0)


def read_error_ratio(path: str | Path) -> float:
    """The error ratio of a saved choice."""
    return float(read_json(path, ERROR_RATIO)[ERROR_RATIO])


def choose_steps(
    data: Snapshots,
    teachers: Teachers | None,
    smoothing: Mapping[str, float],
    model: ModelSettings,
    solver: SolverSettings,
    computation: Computation,
) -> tuple[int, pd.DataFrame]:
    """Choose the number of steps, possibly 0, in the fit of a field with the spline as base curve.

    Anchors, latent path, spline and field are fitted to the learning part of the split, as the final ones are to all
    states, except that the spline ends at the last snapshot; the validation part scores the field.

    Args:
        data: its observed training snapshots are split.
        teachers: of the model, or None.
        smoothing: from `choose_smoothing`.
        model: the settings.
        solver: the scheme.
        computation: the device, and the seed of the split and the fits.

    Returns:
        The smallest number of steps whose validation likelihood is within two standard errors of the best, so that a
        field leaves the spline only if that helps; and a table step, nll (nats per state), error (standard error of
        the difference from the best).

    Raises:
        DivergenceError: anchors, latent path or spline diverged, or the field before its first step.
    """
    selection, training, times = model.selection, model.training, data.observed_times
    seed = computation.seed
    learning, validation = validation_split(data, selection.validation, seed)
    points, rng = model.teacher.points, seeding.stream(seed, "selection lesson")
    told = lesson(teachers, learning, times, data.space, points, rng)
    told = smoothed(told, smoothing, data.space, rng)
    learning, validation = _coordinates(data, learning), _coordinates(data, validation)
    own = model.backbone.chosen(smoothing)
    backbone = make_backbone(own, data.variables, data.space)
    anchors = train_anchors(backbone, learning, times, model.anchors, computation)
    graph = build_weight_graph(backbone.layers, anchors.weights, times, "of the learning part", own)
    path = None
    if model.dynamics.kind == "cde":
        path, _ = fit_latent_path(graph.weights, model.path, seed, Behaviour(backbone, learning, computation.device))
    start = through(times, graph.weights, knot_times(times, model.spline.knots, model.spline.first_knots))
    curve, _ = fit_spline(backbone, start, told, model.spline, smoothing, computation)
    field = make_field(graph, path, model.dynamics, seed, curve)
    material = Material(graph, learning, backbone, told if teachers else None, smoothing["roughness"])
    judged: dict[int, list[np.ndarray]] = {}

    def judge(step: int, field: Field) -> None:
        if step % selection.every == 0 or step == training.steps:
            (weights,) = solve_weights(field, graph, [graph.times], solver, data.times)
            judged[step] = _nll_of_states(backbone, weights, validation)

    try:
        fit_dynamics(field, material, solver, training, computation, Monitor(watch=judge))
    except DivergenceError as fault:
        if not judged:
            raise DivergenceError(
                "the field's solution is infinite or NaN before the first step; raise models.*.solver.substeps, lower "
                "models.*.spline.learning_rate or change models.*.training.start_from."
            ) from fault
        logging.warning("%s The steps before are judged.", fault)
    best = judged[min(judged, key=lambda step: _mean_of_means(judged[step]))]
    rows = []
    for step, scores in judged.items():
        rows.append((step, _mean_of_means(scores), _error(scores, best)))
    table = pd.DataFrame(rows, columns=["step", "nll", "error"])
    good = table["nll"] - table["nll"].min() <= 2 * table["error"]
    return int(table["step"][good].min()), table


def _coordinates(data: Snapshots, snapshots: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Coordinates of snapshots."""
    return [data.space.coordinates(states) for states in snapshots]


@torch.no_grad()
def _nll_of_states(backbone: Backbone, weights: np.ndarray, validation: Sequence[np.ndarray]) -> list[np.ndarray]:
    """K arrays (n_k,) of −log p, in nats, at weights (K, P)."""
    networks = torch.as_tensor(weights, dtype=torch.float32)
    return [
        -log_probs(backbone, network[None], torch.as_tensor(states)).double().numpy()
        for network, states in zip(networks, validation, strict=True)
    ]


def _mean_of_means(scores: Sequence[np.ndarray]) -> float:
    return float(np.mean([part.mean() for part in scores]))


def _error(scores: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    """Standard error of the difference between two means of means."""
    apart = [own - other for own, other in zip(scores, others, strict=True)]
    return float(np.sqrt(np.mean([difference.var() / len(difference) for difference in apart]) / len(apart)))


def _fresh_curve(backbone: Backbone, spline: SplineSettings, times: np.ndarray, seed: int) -> WeightSpline:
    """The same fresh network at every knot; anchors would need a training on the learning part for each width."""
    knots = knot_times(times, spline.knots, spline.first_knots)
    fresh = backbone.initial(1, torch.Generator().manual_seed(seeding.integer(seed, "selection")))
    return WeightSpline(knots, np.repeat(fresh.numpy(), len(knots), axis=0))
