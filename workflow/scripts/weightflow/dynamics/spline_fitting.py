"""Fitting a curve of weights to a teacher's lesson.

All knots are fitted together: loss = NLL on the lesson's states at a few random times + curvature in time
+ roughness over the counts. A smooth curve cannot follow the sampling noise of single snapshots, and averages it.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.dynamics.settings import ModelSettings, SplineSettings
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.dynamics.weight_spline import WeightSpline, knot_times, natural_basis, through, times_ahead
from weightflow.errors import DivergenceError
from weightflow.networks import losses
from weightflow.networks.backbones import Backbone, make_backbone
from weightflow.networks.learning_rate import cosine_decay
from weightflow.progress import progress
from weightflow.seeding import Computation
from weightflow.teaching.smoothing import smoothed_lesson
from weightflow.teaching.teachers import Lesson, Teachers

_FINAL_RATE = 0.02  # final share of the learning rate in the cosine decay
_LOSS_EVERY = 10


def fit_taught_spline(
    data: Snapshots,
    graph: WeightGraph,
    model: ModelSettings,
    teachers: Teachers | None,
    smoothing: Mapping[str, float],
    computation: Computation,
) -> tuple[WeightSpline, pd.DataFrame]:
    """Fit a curve to a data set, from the natural spline through its anchors on.

    Args:
        data: the training snapshots.
        graph: the anchors.
        model: the settings.
        teachers: of the model; None takes only the snapshots. Where they teach states past the last snapshot, the
            curve goes on there.
        smoothing: of the lesson and the curve.
        computation: the device, and the seed of the lesson, times and batches.

    Returns:
        As `fit_spline`.

    Raises:
        DivergenceError: as `fit_spline`.
    """
    goes_on = teachers is not None and bool(teachers.slowing)
    ahead = times_ahead(graph.times, -(-model.teacher.points // 2)).tolist() if goes_on else []
    told = smoothed_lesson(teachers, data, model.teacher.points, smoothing, computation.seed, ahead)
    own = model.spline
    start = through(
        graph.times, graph.weights, knot_times(graph.times, own.knots, own.first_knots, own.knots if goes_on else 0)
    )
    backbone = make_backbone(graph.backbone, data.variables, data.space)
    return fit_spline(backbone, start, told, own, smoothing, computation)


def fit_spline(
    backbone: Backbone,
    start: WeightSpline,
    lesson: Lesson,
    settings: SplineSettings,
    smoothing: Mapping[str, float],
    computation: Computation,
) -> tuple[WeightSpline, pd.DataFrame]:
    """Fit the knots of a curve.

    Args:
        backbone: the density.
        start: the initial curve; the times of its knots stay.
        lesson: training states.
        settings: the `spline` section: `steps`, `times`, `batch`, `learning_rate`.
        smoothing: weights `curvature` and `roughness` of the two penalties.
        computation: the device, and the seed of times and batches.

    Returns:
        The curve, and a table step, loss, nll, curvature, roughness.

    Raises:
        DivergenceError: the loss became NaN or infinite.
    """
    device = computation.device
    generator = torch.Generator(device).manual_seed(seeding.integer(computation.seed, "spline"))
    states = torch.as_tensor(np.stack(lesson.states), device=device)
    basis = torch.as_tensor(natural_basis(start.times, lesson.times), dtype=torch.float32, device=device)
    knots = torch.tensor(start.weights, dtype=torch.float32, device=device, requires_grad=True)
    optimiser = torch.optim.Adam([knots], lr=settings.learning_rate)
    history, steps = [], settings.steps
    for step in progress(range(steps), "weight spline", total=steps):
        optimiser.param_groups[0]["lr"] = settings.learning_rate * cosine_decay(step, steps, _FINAL_RATE)
        times, batch = draw_batch(states, settings.times, settings.batch, generator)
        weights = basis[times] @ knots
        nll = losses.negative_log_likelihood(backbone, weights, batch)
        bends = smoothing["curvature"] * losses.curvature(knots)
        rough = smoothing["roughness"] * losses.roughness(backbone, weights)
        loss = nll + bends + rough
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step % _LOSS_EVERY == 0 or step == steps - 1:
            values = [term.item() for term in (loss, nll, bends, rough)]
            if not math.isfinite(values[0]):
                raise DivergenceError(
                    f"fitting the weight spline diverged at step {step}; lower models.*.spline.learning_rate "
                    f"(now {settings.learning_rate})."
                )
            history.append([step, *values])
    table = pd.DataFrame(history, columns=["step", "loss", "nll", "curvature", "roughness"])
    return WeightSpline(start.times, knots.detach().cpu().numpy().astype(np.float64)), table


def draw_batch(states: Tensor, times: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random times and states of a lesson (G, n, d): indices (times,) and coordinates (times, count, d)."""
    device = states.device
    chosen = torch.randint(len(states), (times,), generator=generator, device=device)
    rows = torch.randint(states.shape[1], (times, count), generator=generator, device=device)
    return chosen, states[chosen[:, None], rows]
