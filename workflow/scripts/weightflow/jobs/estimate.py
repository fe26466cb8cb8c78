"""Estimates of a run's cost on this machine, extrapolated from short runs of every stage.

Cost is linear: of fits in their steps, of predictions and metrics in the times of the data, of a choice in its
candidates. Two short runs of different length give the fixed cost and the cost of each unit.
"""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch

from weightflow import seeding
from weightflow.anchors.training import train_anchors_of_seeds
from weightflow.data.snapshots import Snapshots
from weightflow.dynamics.choice_options import as_list, choice_options
from weightflow.dynamics.equations import Field, solve_weights
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.field_fitting import Material, fit_dynamics
from weightflow.dynamics.latent_path import fit_latent_path
from weightflow.dynamics.path_autoencoder import Behaviour
from weightflow.dynamics.registry import PATH_METHODS, SEARCHES
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.spline_fitting import fit_spline
from weightflow.dynamics.weight_graph import WeightGraph, build_weight_graph
from weightflow.dynamics.weight_spline import WeightSpline, knot_times, through
from weightflow.evaluation.score_tables import Judge, evaluate
from weightflow.laws.law import Law
from weightflow.networks.backbones import Backbone, make_backbone
from weightflow.prediction.figure_grids import fine_times
from weightflow.prediction.moving_density import Question, WeightsPath, predict_from_weights
from weightflow.prediction.predictions import Prediction
from weightflow.seeding import Computation
from weightflow.teaching.averaging import untested_average
from weightflow.teaching.choice import candidates
from weightflow.teaching.scoring import OF_CELLS, OF_COUNTS, score_teachers
from weightflow.teaching.teachers import Lesson, Teacher, Teachers, lesson

_FEW, _MORE = 5, 15  # steps of the short runs
_COMPARED = 6  # most teachers of a short comparison
_TIMES = (3, 6)  # times of the short predictions


@dataclass(frozen=True)
class Work:
    """The model and data set of an estimate.

    Attributes:
        data: the whole data set.
        model: the settings.
        samples: of a prediction, at each time.
        joint_every: joint distributions are compared at every n-th time; None for the default.
        law: the exact law, if it is known.
        device: of the training.
        seeds: of the run; a short run for one seed takes the first.
    """

    data: Snapshots
    model: ModelSettings
    samples: int
    joint_every: int | None
    law: Law | None
    device: torch.device
    seeds: tuple[int, ...] = (0,)

    @property
    def seed(self) -> int:
        """Seed of the short runs for one seed."""
        return self.seeds[0]

    @property
    def computation(self) -> Computation:
        """Seed and device of the short runs."""
        return Computation(self.seed, self.device)

    @cached_property
    def training(self) -> Snapshots:
        """The training part of the data set."""
        return self.data.thinned(self.model.data.share).of_observed_alone()

    @cached_property
    def widths(self) -> list[int]:
        """Candidate widths of the backbone."""
        return list(self.model.backbone.widths(len(self.data.variables)))

    def backbone(self, width: int | None = None) -> Backbone:
        """The backbone with a width, by default the largest."""
        own = self.model.backbone.but(hidden=width or max(self.widths))
        return make_backbone(own, self.data.variables, self.data.space)

    @cached_property
    def graph(self) -> WeightGraph:
        """Weight graph of untrained anchors."""
        backbone, times = self.backbone(), self.training.observed_times
        fresh = backbone.initial(len(times), torch.Generator().manual_seed(self.seed)).numpy()
        return build_weight_graph(backbone.layers, fresh, times, "of an estimate", self.model.backbone)

    @cached_property
    def curve(self) -> WeightSpline:
        """The natural spline through the untrained anchors."""
        times, own = self.graph.times, self.model.spline
        return through(times, self.graph.weights, knot_times(times, own.knots, own.first_knots))

    @cached_property
    def teachers(self) -> list[Teacher]:
        """The candidates for teacher; [] for a model without one."""
        own = self.model.teacher
        return candidates(own, self.data.discrete) if own.members != () else []

    @cached_property
    def told(self) -> Lesson:
        """States of all candidates for real values, and of the first one for counts, between the snapshots."""
        teachers = None
        if self.teachers:
            average = not self.data.discrete
            teachers = untested_average(self.teachers) if average else Teachers.single(self.teachers[0])
        rng, points = seeding.stream(self.seed, "lesson"), self.model.teacher.points
        return lesson(teachers, self.training.observed, self.training.observed_times, self.data.space, points, rng)


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall-clock seconds."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def linear(work: Callable[[int], Any], units: float, few: int = _FEW, more: int = _MORE) -> float:
    """Seconds of `units` units of work, extrapolated from runs of `few` and of `more` units."""
    work(1 if few > 1 else few)  # warm-up
    short, long = (seconds_of(partial(work, n)) for n in (few, more))
    each = max(0.0, (long - short) / (more - few))
    return max(short + (units - few) * each, 0.0)


def anchors(work: Work) -> float:
    """Training of all anchors of a job, with the largest width."""
    return _anchors(work, work.seeds if work.model.anchors.jobs == "all_seeds" else work.seeds[:1])


def _anchors(work: Work, seeds: tuple[int, ...]) -> float:
    own, data, backbone = work.model.anchors, work.training, work.backbone()

    def train(first: int, later: int) -> float:
        budget = own.but(first_steps=first, steps=later)
        seen = data.coordinates, data.observed_times
        return seconds_of(lambda: train_anchors_of_seeds(backbone, *seen, budget, seeds, work.device))

    train(1, 1)
    short, first, later = train(_FEW, _FEW), train(_MORE, _FEW), train(_FEW, _MORE)
    per_first, per_later = ((long - short) / (_MORE - _FEW) for long in (first, later))
    whole = short + per_first * (own.first_steps - _FEW) + per_later * (own.steps - _FEW)
    return max(whole, short)


def weight_graph(work: Work) -> float:
    """Construction of the weight graph."""
    return seconds_of(lambda: work.graph)


def teacher(work: Work) -> float:
    """The comparison of all candidates."""
    data, every = work.training, work.teachers
    if not every:
        return 0.0  # kinetic teachers, which are not compared
    few = every[:: max(1, len(every) // _COMPARED)][:_COMPARED]
    effort = OF_COUNTS if data.discrete else OF_CELLS

    def compare(count: int) -> None:
        rng = seeding.stream(work.seed, "teacher")
        score_teachers(few[:count], data.observed, data.observed_times, data.space, rng, effort=effort)

    short, long = seconds_of(lambda: compare(1)), seconds_of(lambda: compare(len(few)))
    each = (long - short) / max(1, len(few) - 1)
    return max(long, short + (len(every) - 1) * each)


def smoothing(work: Work) -> float:
    """The fits of all candidates for width and smoothing."""
    selection = work.model.selection
    options = choice_options(work.model, len(work.data.variables), work.data.space)
    _, fits = SEARCHES[selection.search].choose.load()(options, lambda candidate: 0.0)
    if not fits:
        return 0.0
    return len(fits) * float(np.mean([_spline_steps(work, selection.steps, width) for width in work.widths]))


def spline(work: Work) -> float:
    """The fit of the learned spline, and its teacher's states."""
    return seconds_of(lambda: work.told) + _spline_steps(work, work.model.spline.steps, max(work.widths))


def latent_path(work: Work) -> float:
    """The path of the anchors, and the auto-encoder that reduces them."""
    own, graph = work.model.path, work.graph
    behaviour = Behaviour(work.backbone(), work.training.coordinates, work.device)

    def reduce(steps: int) -> None:
        fit_latent_path(graph.weights, own.but(autoencoder_steps=steps), work.seed, behaviour)

    if not PATH_METHODS[own.method].decodes:
        return seconds_of(lambda: reduce(1))
    return linear(reduce, own.autoencoder_steps)


def dynamics(work: Work) -> float:
    """The fit of the field."""
    return linear(lambda steps: _fit(work, steps), work.model.training.steps)


def steps(work: Work) -> float:
    """The choice of the number of steps: all fits once more, and evaluations of the field at intervals."""
    selection, training = work.model.selection, work.model.training
    field, solver = _field(work), work.model.solver
    judged = seconds_of(lambda: solve_weights(field, work.graph, [work.graph.times], solver, work.data.times))
    path = latent_path(work) if work.model.dynamics.kind == "cde" else 0.0
    return (
        _anchors(work, work.seeds[:1])
        + path
        + spline(work)
        + dynamics(work)
        + training.steps / selection.every * judged
    )


def predict(work: Work) -> float:
    """Samples, scores and marginals at all times."""
    solve = 0.0
    if work.model.dynamics.kind != "spline":
        field, grids = _field(work), [work.data.times, fine_times(work.data.times)]
        solve = seconds_of(lambda: solve_weights(field, work.graph, grids, work.model.solver, work.data.times))
    few, more = _times(work)
    return solve + linear(lambda times: _predict(work, times), len(work.data.times), few, more)


def evaluation(work: Work) -> float:
    """The metrics of all seeds at all times, on one thread."""
    step = Judge(work.data, None, work.joint_every, work.samples).joint_step
    few, more = _times(work)
    parts = {n: _predict(work, n) for n in (few, more)}

    def judge(times: int, every: int) -> float:
        part = parts[times]
        law = None if work.law is None else dataclasses.replace(work.law, times=work.law.times[:times])
        own = Judge(_first_times(work.data, times), law, every, work.samples)
        return seconds_of(lambda: evaluate(own, part, threads=1))

    judge(few, more)
    short, long, everywhere = judge(few, more), judge(more, more), judge(more, 1)
    always, joint = (long - short) / (more - few), (everywhere - long) / (more - 1)
    times = len(work.data.times)
    return len(work.seeds) * max(everywhere, times * always + times / step * joint)


# Estimates by stage, with the names and the order of `runtime.csv`.
STAGES: dict[str, Callable[[Work], float]] = {
    "anchors": anchors,
    "weight_graph": weight_graph,
    "latent_path": latent_path,
    "teacher": teacher,
    "smoothing": smoothing,
    "spline": spline,
    "steps": steps,
    "dynamics": dynamics,
    "predict": predict,
    "evaluate": evaluation,
}


_FROM_FILES = ("anchors", "latent_path", "dynamics")  # read instead of trained, if a model has released files


def seconds_of_stage(work: Work, stage: str) -> float:
    """Estimated seconds of a stage, by its name."""
    return 0.0 if stage in _FROM_FILES and work.model.released.folder else STAGES[stage](work)


def _spline_steps(work: Work, count: int, width: int) -> float:
    backbone, own, told = work.backbone(width), work.model.spline, work.told
    fresh = backbone.initial(1, torch.Generator().manual_seed(work.seed)).numpy()
    start = WeightSpline(work.curve.times, np.repeat(fresh, len(work.curve.times), axis=0))
    weights = {name: as_list(getattr(own, name))[0] for name in ("curvature", "roughness")}
    return linear(lambda few: fit_spline(backbone, start, told, own.but(steps=few), weights, work.computation), count)


def _field(work: Work) -> Field:
    path = None
    if work.model.dynamics.kind == "cde":
        path = np.random.default_rng(work.seed).standard_normal((len(work.graph.times), work.model.path.z_dim))
    curve = work.curve if work.model.dynamics.start == "spline" else None
    return make_field(work.graph, path, work.model.dynamics, work.seed, curve).to(work.device)


def _fit(work: Work, count: int) -> None:
    taught = work.told if work.model.training.behavioural > 0 and work.teachers else None
    material = Material(work.graph, work.training.coordinates, work.backbone(), taught)
    budget = work.model.training.but(steps=count, checkpoint_every=0, start_from=None)
    fit_dynamics(_field(work), material, work.model.solver, budget, work.computation)


def _predict(work: Work, times: int) -> Prediction:
    part, curve = _first_times(work.data, times), work.curve
    law = None if work.law is None else dataclasses.replace(work.law, times=work.law.times[:times])
    fine = fine_times(part.times)
    path, question = WeightsPath(curve.at(part.times), curve.at(fine), fine), Question(part, work.samples, law)
    return predict_from_weights(work.backbone(), path, question, work.computation)


def _times(work: Work) -> tuple[int, int]:
    """Numbers of times of the two short predictions."""
    count = len(work.data.times)
    return min(_TIMES[0], count - 1), min(_TIMES[1], count)


def _first_times(data: Snapshots, count: int) -> Snapshots:
    """The data set up to its first `count` times."""
    seen = data.is_observed[:count].copy()
    seen[0] = True
    times, training, heldout = data.times[:count], data.training[:count], data.heldout[:count]
    return dataclasses.replace(data, times=times, training=training, heldout=heldout, is_observed=seen, left_out=None)
