"""Checks of the labels that populations keep, and of their tasks for fine-tuning."""

from collections.abc import Mapping

from weightflow.config.population_checks import check_side
from weightflow.errors import InputError, shown, unknown
from weightflow.populations.settings import (
    OWN,
    SNAPSHOT,
    OtherTaskSettings,
    PopulationSettings,
    label_of_task,
    tasks_of_transfer,
)
from weightflow.populations.tasks.selection import shape_in_size


def check_transfers(
    populations: Mapping[str, PopulationSettings],
    shapes: Mapping[str, tuple[int, ...]],
    labels: Mapping[str, int],
    source: str,
) -> None:
    """Refuse labels that a task does not have, and tasks for fine-tuning that do not fit their population.

    Labels of a user's examples are known after reading.

    Args:
        populations: by name, complete, with defaults; `check_populations` found no fault in them.
        shapes: of the inputs, by task; without the task of snapshots.
        labels: number of labels, by task.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    for name, settings in populations.items():
        where = f"{source}: populations.{name}"
        _check_labels(settings.task, settings.classes, labels, f"{where}.classes")
        for place, task in enumerate(tasks_of_transfer(settings)):
            at = f"{where}.transfer.tasks.{place}"
            _check_task(task, settings, shapes, at)
            named = settings.task if task.task == OWN else task.task
            _check_labels(named, task.classes, labels, f"{at}.classes")
        _check_names(settings, f"{where}.transfer.tasks")


def _check_labels(
    task: str | None, classes: tuple[int | str, ...] | None, labels: Mapping[str, int], where: str
) -> None:
    if classes is None:
        return
    if task == SNAPSHOT:
        raise InputError(f"{where}: the labels of states are counts, and all are kept; remove the key.")
    if task is not None and task in labels:
        known = [str(number) for number in range(labels[task])]
        if strange := [label for label in map(str, classes) if label not in known]:
            raise InputError(f"{where}: {unknown('label', strange[0], known)}")


def _check_task(
    task: OtherTaskSettings, settings: PopulationSettings, shapes: Mapping[str, tuple[int, ...]], where: str
) -> None:
    """A task for fine-tuning is known, and has inputs of the population's shape."""
    if task.task != OWN and (task.task not in shapes or settings.task == SNAPSHOT):
        known = [OWN] if settings.task == SNAPSHOT else [OWN, *shapes]
        raise InputError(f"{where}: {unknown('task', task.task, known)}")
    given = shapes.get(settings.task or "") if task.task == OWN else shapes[task.task]
    if given is None:  # of a user's examples or of states
        given = () if settings.task == SNAPSHOT else None
    for key in ("crop", "resize"):
        if getattr(task, key) and given is not None:
            check_side(task.task, given, key, getattr(task, key), where)
    read, own = shape_in_size(given or (), task.crop, task.resize), shapes.get(settings.task or "")
    if own is not None and read != (own := shape_in_size(own, settings.crop, settings.resize)):
        fix = f"give it resize: {own[1]}" if _may_be_resized(read, own) else "remove it"
        raise InputError(f"{where}: inputs of {task.task} have shape {read}, and the networks read {own}; {fix}.")


def _may_be_resized(given: tuple[int, ...], own: tuple[int, ...]) -> bool:
    return len(given) == len(own) == 3 and given[0] == own[0] and own[1] == own[2]


def _check_names(settings: PopulationSettings, where: str) -> None:
    """Every task for fine-tuning has a label of its own in tables."""
    names = [label_of_task(task, settings) for task in tasks_of_transfer(settings)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{where}: the task '{shown(twice[0])}' stands twice; leave one out.")
