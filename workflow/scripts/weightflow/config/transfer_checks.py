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
    sides = {key: side for key in ("crop", "resize") if (side := getattr(task, key))}
    if settings.task == SNAPSHOT:
        _check_task_of_states(task, sides, where)
        return
    if task.task != OWN and task.task not in shapes:
        raise InputError(f"{where}: {unknown('task', task.task, [OWN, *shapes])}")
    named = settings.task if task.task == OWN else task.task
    if named is None:  # a user's examples
        return
    given = shapes[named]
    for key, side in sides.items():
        check_side(named, given, key, side, where)
    if settings.task is None:
        return
    read = shape_in_size(given, task.crop, task.resize)
    own = shape_in_size(shapes[settings.task], settings.crop, settings.resize)
    if read != own:
        fix = f"give it resize: {own[1]}" if _may_be_resized(read, own) else "remove it"
        raise InputError(f"{where}: inputs of {named} have shape {read}, and the networks read {own}; {fix}.")


def _check_task_of_states(task: OtherTaskSettings, sides: Mapping[str, int], where: str) -> None:
    """Networks of states have their own task alone, whose inputs are no images."""
    if task.task != OWN:
        raise InputError(f"{where}: {unknown('task', task.task, [OWN])}")
    if sides:
        key = next(iter(sides))
        raise InputError(f"{where}.{key}: the inputs of the task {SNAPSHOT} are states and no images; remove the key.")


def _may_be_resized(given: tuple[int, ...], own: tuple[int, ...]) -> bool:
    return len(given) == len(own) == 3 and given[0] == own[0] and own[1] == own[2]


def _check_names(settings: PopulationSettings, where: str) -> None:
    """Every task for fine-tuning has a label of its own in tables."""
    names = [label_of_task(task, settings) for task in tasks_of_transfer(settings)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{where}: the task '{shown(twice[0])}' stands twice; leave one out.")
