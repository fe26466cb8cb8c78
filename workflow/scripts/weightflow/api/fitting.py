"""Fit a flow in this process, by the stages of the workflow."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from weightflow import seeding
from weightflow.anchors.training import released_anchors, train_anchors
from weightflow.api.arguments import checked_seed
from weightflow.api.data import Data
from weightflow.api.flow import Flow
from weightflow.bands.uncertainty import Evidence
from weightflow.config import stages
from weightflow.config.consistency import check_model
from weightflow.config.data_checks import check_models
from weightflow.data.snapshots import Snapshots
from weightflow.dynamics.equations import Field
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.field_fitting import Material, Monitor, fit_dynamics
from weightflow.dynamics.latent_path import fit_latent_path
from weightflow.dynamics.path_autoencoder import Behaviour
from weightflow.dynamics.released import load_field_of_release, read_path_of_release
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.spline_fitting import fit_taught_spline
from weightflow.dynamics.validation_choice import ERROR_RATIO, choose_smoothing, choose_steps
from weightflow.dynamics.weight_graph import WeightGraph, build_weight_graph
from weightflow.dynamics.weight_spline import WeightSpline
from weightflow.errors import InputError, shown
from weightflow.networks.backbones import make_backbone
from weightflow.progress import one_bar
from weightflow.seeding import Computation
from weightflow.systems.builtin import BUILTIN
from weightflow.teaching.choice import candidates, choose_teachers
from weightflow.teaching.kinetics import has_rates
from weightflow.teaching.smoothing import smoothed_lesson
from weightflow.teaching.teachers import Teachers


def fit(
    data: Data,
    *,
    seed: int = 0,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    device: str | None = None,
    progress: bool = True,
) -> Flow:
    """Fit a flow to a data set.

    The stages are those of the workflow. With the settings and the seed of a run, the weights are the same to the last
    bit on the same machine, unless the run trained anchors in jobs of other sizes (`anchors.jobs`).

    Args:
        data: from `read`, `from_snapshots`, `from_anndata` or `simulate`.
        seed: of all random draws.
        preset: quick, standard, thorough or published; None takes standard.
        settings: keys of a model in a config, over those of the preset, such as {"backbone": {"hidden": 32}}.
        device: of torch; None takes a graphics card if there is one.
        progress: whether a bar is shown on standard error.

    Raises:
        InputError: a setting is unknown or impossible with these data; one sentence with the fix.
        DivergenceError: training diverged; the message names the setting to change.
    """
    if not isinstance(data, Data):
        raise InputError(f"fit: got a {type(data).__name__}; make a data set by read, from_snapshots or from_anndata.")
    if settings is not None and not isinstance(settings, Mapping):
        example = {"backbone": {"hidden": 32}}
        raise InputError(f"fit: settings: got a {type(settings).__name__}; give a dictionary such as {example}.")
    if preset is not None and "preset" in (settings or {}):
        raise InputError("fit: preset is given twice, also in settings; leave one out.")
    seed, named = checked_seed(seed, "fit"), {} if preset is None else {"preset": preset}
    model = ModelSettings.of({**(settings or {}), **named}, "fit: settings")
    check_model(model, {"data": data.settings}, BUILTIN, "fit: settings")
    check_models(data.snapshots, {"flow": model}, (), "fit")
    place = _place(device)
    computation = Computation(seed, place)
    with _one_thread(), one_bar(_stages_of(model), progress):
        return _fit(data, model, computation)


def _place(device: str | torch.device | None) -> torch.device:
    """The device of a fit.

    Raises:
        InputError: torch does not know it, or cannot use it on this machine.
    """
    try:
        place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    except (RuntimeError, TypeError):
        raise InputError(f"fit: device: torch knows no device {shown(repr(device))}; use cpu or cuda.") from None
    try:
        torch.zeros(1, device=place).cpu()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(f"fit: device: torch cannot use {place} on this machine; use cpu.") from None
    return place


def _stages_of(model: ModelSettings) -> int:
    """Number of progress bars of a fit, about."""
    fields = model.dynamics.kind != "spline"
    return 2 + 3 * stages.learns(model) + stages.begins_at_spline(model) + (2 if fields else 0)


def _fit(data: Data, model: ModelSettings, computation: Computation) -> Flow:
    """Every stage in the order of the workflow, on the observed training states alone."""
    seed, whole, teachers, choice = computation.seed, data.snapshots, None, None
    training = whole.thinned(model.data.share).of_observed_alone()
    times = training.observed_times
    if stages.is_taught(model):
        rng = seeding.stream(data.settings.seed, "teacher")
        found = candidates(model.teacher, training.discrete, has_rates(data.system, len(training.variables)))
        slowings = model.teacher.slowings
        teachers, _ = choose_teachers(found, training.observed, times, training.space, rng, data.system, slowings)
    if stages.learns(model):
        choice, _ = choose_smoothing(training, teachers, model, replace(computation, seed=data.settings.seed))
    settings = model.backbone
    if choice and stages.chooses_backbone(model):
        settings = settings.chosen(choice)
    backbone = make_backbone(settings, training.variables, training.space)
    released = model.released.folder
    if released:
        anchors = released_anchors(released, backbone, times)
    else:
        anchors = train_anchors(backbone, training.coordinates, times, model.anchors, computation)
    graph = build_weight_graph(backbone.layers, anchors.weights, times, "in memory", settings)
    curve = None
    if stages.begins_at_spline(model):
        curve, _ = fit_taught_spline(training, graph, model, teachers, choice or {}, computation)
    path = field = None
    if model.dynamics.kind == "cde" and released:
        path = read_path_of_release(released, len(times))
    elif model.dynamics.kind == "cde":
        behaviour = Behaviour(backbone, training.coordinates, computation.device) if model.path.behavioural else None
        path, _ = fit_latent_path(graph.weights, model.path, seed, behaviour)
    if model.dynamics.kind != "spline":
        field = _field(training, graph, model, (teachers, choice, curve, path), computation)
    evidence = Evidence(choice[ERROR_RATIO] if choice else 1.0, teachers.missed if teachers else ())
    return Flow(whole, graph, model, seed, curve, path, None if field is None else field.state_dict(), evidence)


def _field(
    data: Snapshots,
    graph: WeightGraph,
    model: ModelSettings,
    made: tuple[Teachers | None, Mapping[str, float] | None, WeightSpline | None, Any],
    computation: Computation,
) -> Field:
    teachers, choice, curve, path = made
    material, stop = Material(graph), None
    if stages.sees_states(model):
        backbone, told = make_backbone(graph.backbone, data.variables, data.space), None
        if teachers:
            told = smoothed_lesson(teachers, data, model.teacher.points, choice or {}, computation.seed)
        material = Material(graph, data.coordinates, backbone, told, choice["roughness"] if choice else 0.0)
    if stages.chooses_steps(model):
        stop, _ = choose_steps(data, teachers, choice or {}, model, model.solver, computation)
    field = make_field(graph, path, model.dynamics, computation.seed, curve)
    if released := model.released.folder:
        load_field_of_release(released, field)
        return field
    fit_dynamics(field, material, model.solver, model.training, computation, Monitor(stop=stop))
    return field


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread of linear algebra, as in jobs of the workflow: small matrices, and the same order of sums."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
