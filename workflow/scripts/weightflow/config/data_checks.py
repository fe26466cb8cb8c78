"""Checks of a system and of models against a prepared data set, before training."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from weightflow.baselines.registry import ending
from weightflow.config.stages import ends, validates
from weightflow.data.outline import Outline
from weightflow.data.preparation import MIN_SNAPSHOTS
from weightflow.data.snapshots import LEAST_STATES, Snapshots, check_begun
from weightflow.data.state_space import Counts
from weightflow.dynamics.path_dimension import check_dimension
from weightflow.dynamics.settings import ModelSettings
from weightflow.errors import InputError, number
from weightflow.networks.released_names import path_fault, release_fault
from weightflow.networks.variable_order import variable_order
from weightflow.systems.events import compile_questions

if TYPE_CHECKING:
    from weightflow.formats.raw_snapshots import RawSnapshots  # loads pandas, and the rules read this module

_LEAST = 2  # training states of a snapshot, one on each side of a validation split


def check_system(raw: "RawSnapshots", system: str, species: Sequence[str], points: int, where: str) -> None:
    """Refuse snapshots whose variables or times are not those of their system.

    Args:
        raw: the snapshots of the file.
        system: the key's value, for messages.
        species: d names.
        points: number T of times on the system's grid; times of trajectories and of the law are 0, 1, …, T−1.
        where: the file, for messages.

    Raises:
        InputError: the variables, their order or the times are not the system's; the sentence names the fix.
    """
    from weightflow.formats.raw_snapshots import default_names

    names, times = raw.variables, raw.times
    otherwise = "or set system: null and heldout to a fraction"
    if len(names) != len(species):
        raise InputError(
            f"{where}: holds {len(names)} variables, and the system {system} has {len(species)} species; "
            f"name the system the file came from, {otherwise}."
        )
    if names != default_names(len(names)):
        for i, (name, expected) in enumerate(zip(names, species, strict=True), start=1):
            if name != expected:
                raise InputError(
                    f"{where}: variable {i} is '{name}', and species {i} of the system {system} is '{expected}'; "
                    f"give the variables the system's names and order (key variables), {otherwise}."
                )
    if len(times) != points:
        raise InputError(
            f"{where}: holds {len(times)} times, and the grid of the system {system} has {points} points; "
            f"name the system the file came from, {otherwise}."
        )
    if (wrong := np.flatnonzero(~np.isclose(times, np.arange(points)))).size:
        i = int(wrong[0])
        raise InputError(
            f"{where}: a snapshot is at time {times[i]:g}, which is step {i} on the grid of the system {system}; "
            f"times must count steps: leave out the key times (in a table count the steps), {otherwise}."
        )


@dataclass(frozen=True)
class Asked:
    """The runs that a configuration requests on a data set.

    Attributes:
        models: settings by name.
        baselines: their names.
        times: of predictions, in addition to the data's.
        leave_one_out: whether each interior snapshot is predicted from the others.
        questions: events by name.
    """

    models: Mapping[str, ModelSettings]
    baselines: Sequence[str] = ()
    times: Sequence[float] = ()
    leave_one_out: bool = False
    questions: Mapping[str, str] = field(default_factory=dict)


def check_asked(data: Outline | Snapshots, dataset: str, asked: Asked) -> None:
    """Refuse models, baselines and times of predictions that are impossible on a data set.

    Args:
        data: the data set.
        dataset: its name, for messages.
        asked: the requested runs.

    Raises:
        InputError: naming the model or the key, the fault and the fix.
    """
    where, count = f"data set {dataset}", len(data.observed_times)
    check_begun(asked.times, data, f"{where}: prediction.times")
    if asked.leave_one_out and count < MIN_SNAPSHOTS + 1:
        raise InputError(
            f"{where}: {count} snapshots are observed, and leaving one out needs at least {MIN_SNAPSHOTS + 1}; set "
            "evaluation.leave_one_out to false, or add snapshots."
        )
    compile_questions(asked.questions, data.variables, where)
    check_models(data, asked.models, asked.baselines, where, asked.times)


def check_models(
    data: Outline | Snapshots,
    models: Mapping[str, ModelSettings],
    baselines: Iterable[str],
    where: str,
    asked: Iterable[float] = (),
) -> None:
    """Refuse models and baselines that would fail on this data set after hours of training.

    Args:
        data: the data set.
        models: settings by name.
        baselines: their names.
        where: the data set, for messages.
        asked: times of predictions, in addition to the data's.

    Raises:
        InputError: naming the model, the fault and the fix.
    """
    for name, settings in models.items():
        variable_order(settings.backbone, data.variables, f"{where}: models.{name}.backbone.order")
    for name, settings in models.items():
        _check_sizes(data, settings, f"{where}: models.{name}")
        _check_released(data, settings, f"{where}: models.{name}.released.folder")
        _check_levels(data, settings.backbone.levels, f"{where}: models.{name}.backbone.levels")
    driven = [name for name, settings in models.items() if settings.dynamics.kind == "cde"]
    for name in driven:
        check_dimension(models[name].path.z_dim, len(data.observed_times), f"{where}: models.{name}.path.z_dim")
    stopping = [name for name in driven if ends(models[name])]
    ended = [*stopping, *ending(baselines)]
    last, observed = data.times[-1], data.observed_times[-1]
    if ended and last > observed:
        raise InputError(
            f"{where}: the last time is {last:g}, the last observed one {observed:g}, where {', '.join(ended)} must "
            "end; choose an observe_every that observes the last time, leave them out, or set a CDE's "
            "continuation.path."
        )
    furthest = max(asked, default=observed)
    if stopping and furthest > observed:
        raise InputError(
            f"{where}: prediction.times asks for {furthest:g}, the last observed time is {observed:g}, where "
            f"{', '.join(stopping)} must end; take it out, or set models.*.continuation.path."
        )


def _check_released(data: Outline | Snapshots, settings: ModelSettings, where: str) -> None:
    """Refuse released files of other snapshots."""
    folder, times = settings.released.folder, data.observed_times.tolist()
    if not folder:
        return
    fault = release_fault(folder, times)
    if not fault and settings.dynamics.kind == "cde":
        fault = path_fault(times)
    if fault:
        raise InputError(f"{where}: {fault}")


def _check_levels(data: Outline | Snapshots, levels: int | str | None, where: str) -> None:
    """Refuse a closed range of counts that does not hold the observed training states."""
    if not isinstance(levels, int) or not isinstance(data.space, Counts):
        return
    if levels < (least := data.space.closed().levels):
        raise InputError(
            f"{where}: {levels} counts end at {levels - 1}, and an observed training state has {least - 1}; set "
            f"{least} or more, or observed."
        )


def _check_sizes(data: Outline | Snapshots, settings: ModelSettings, where: str) -> None:
    """Refuse snapshots of fewer training states than a share of them, or a validation split, needs."""
    share = settings.data.share
    for time, size in zip(data.observed_times, data.observed_sizes, strict=True):
        at = f"the snapshot at time {number(time)} has {size} training {'state' if size == 1 else 'states'}"
        if share < 1 and (kept := round(share * int(size))) < LEAST_STATES:
            raise InputError(
                f"{where}.data.share: {at}, of which {share:g} leaves {kept}, and {LEAST_STATES} are needed; raise it, "
                "add states or remove this time."
            )
        if size < _LEAST and validates(settings, len(data.variables), data.space):
            raise InputError(
                f"{where}: {at}, and {_LEAST} are needed, one of them for validation; add states, remove this time, or "
                "set the data set's heldout: 0 and reference: training."
            )
