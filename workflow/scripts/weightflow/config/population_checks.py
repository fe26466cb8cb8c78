"""Checks of the settings of populations against each other and against the data sets."""

from collections.abc import Mapping

from weightflow.data.settings import DatasetSettings
from weightflow.errors import InputError, unknown
from weightflow.populations.architectures.registry import ARCHITECTURES
from weightflow.populations.registry import QUERIES
from weightflow.populations.settings import (
    SNAPSHOT,
    ArchitectureSettings,
    NetworkTrainingSettings,
    PopulationSettings,
    SplitSettings,
    others_asked,
)


def check_populations(
    populations: Mapping[str, PopulationSettings],
    datasets: Mapping[str, DatasetSettings],
    shapes: Mapping[str, tuple[int, ...]],
    source: str,
) -> None:
    """Refuse settings of populations that contradict each other.

    Args:
        populations: by name, complete, with defaults.
        datasets: by name, complete, with defaults.
        shapes: of the inputs, by task; without the task of snapshots.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    for name, settings in populations.items():
        where = f"{source}: populations.{name}"
        _check_task(settings.task, shapes, f"{where}.task")
        _check_split(settings.split, f"{where}.split")
        _check_checkpoints(settings.training, f"{where}.training.checkpoints")
        _check_snapshot(settings, datasets, where)
        _check_architecture(settings.architecture, settings.task, shapes, f"{where}.architecture")
        _check_flow(settings, f"{where}.flow")
        _check_autoencoder(settings, f"{where}.autoencoder")
        _check_queries(settings, shapes, f"{where}.autoencoder.queries.from")


def _check_task(task: str, shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    if task not in (*shapes, SNAPSHOT):
        raise InputError(f"{where}: {unknown('task', task, [*shapes, SNAPSHOT])}")


def _check_split(split: SplitSettings, where: str) -> None:
    if split.validation + split.test >= 1:
        raise InputError(
            f"{where}: shares of {split.validation} for validation and {split.test} for the test leave nothing "
            "to learn from; lower one of them."
        )


def _check_checkpoints(training: NetworkTrainingSettings, where: str) -> None:
    if late := [epoch for epoch in training.checkpoints if epoch > training.epochs]:
        raise InputError(
            f"{where}: there are {training.epochs} epochs and no {late[0]}; remove it, or train for longer."
        )


def _check_snapshot(settings: PopulationSettings, datasets: Mapping[str, DatasetSettings], where: str) -> None:
    """The task of snapshots needs a backbone and a data set; other tasks have neither."""
    kind, task, name = settings.architecture.kind, settings.task, settings.snapshot.dataset
    if (ARCHITECTURES[kind].reads == "states") != (task == SNAPSHOT):
        backbones = [name for name, own in ARCHITECTURES.items() if own.reads == "states"]
        raise InputError(
            f"{where}.architecture.kind: {kind} does not fit the task {task}; backbones ({', '.join(backbones)}) learn "
            f"task: {SNAPSHOT} and no other task; change one of them."
        )
    if (task == SNAPSHOT) != (name is not None):
        raise InputError(
            f"{where}.snapshot.dataset: {'one of the data sets is needed' if name is None else 'the task has none'}; "
            f"give it with task: {SNAPSHOT} only."
        )
    if task != SNAPSHOT and settings.snapshot.time is not None:
        raise InputError(f"{where}.snapshot.time: the task {task} has no times; remove it, or set task: {SNAPSHOT}.")
    if name is not None and name not in datasets:
        raise InputError(f"{where}.snapshot.dataset: {unknown('name', name, datasets)}")
    if name is not None and datasets[name].kind != "discrete":
        raise InputError(f"{where}.snapshot.dataset: the states of {name} are real values; choose one of counts.")


def _check_architecture(
    architecture: ArchitectureSettings, task: str, shapes: Mapping[str, tuple[int, ...]], where: str
) -> None:
    kind, own = architecture.kind, ARCHITECTURES[architecture.kind]
    of_images = [name for name, shape in shapes.items() if len(shape) == 3]
    if own.reads == "images" and task not in of_images:
        raise InputError(
            f"{where}.kind: {kind} reads images, and the inputs of {task} are not images; set mlp, or task: one of "
            f"{', '.join(of_images)}."
        )
    channels, kernels, pools = map(len, (architecture.channels, architecture.kernels, architecture.pools))
    if "channels" in own.keys and not channels == kernels == pools:
        raise InputError(
            f"{where}: there are {channels} channels, {kernels} kernels and {pools} pools; give one of each for every "
            "convolution."
        )
    if "heads" in own.keys and architecture.hidden % architecture.heads:
        raise InputError(
            f"{where}: {architecture.heads} heads do not divide the width {architecture.hidden}; change one of them."
        )


def _check_flow(settings: PopulationSettings, where: str) -> None:
    networks, components = settings.training.networks, settings.flow.components
    if settings.flow.alignments and components is not None and components >= networks:
        raise InputError(
            f"{where}.components: {networks} networks have at most {networks - 1} principal components, not "
            f"{components}; lower it, or train more networks."
        )


def _check_autoencoder(settings: PopulationSettings, where: str) -> None:
    own, networks = settings.autoencoder, settings.training.networks
    if not own.structural:
        return
    if own.width % own.heads:
        raise InputError(f"{where}: {own.heads} heads do not divide the width {own.width}; change one of them.")
    parts = [round(share * networks) for share in own.shares]
    if min(*parts, networks - sum(parts)) < 1:
        raise InputError(
            f"{where}.shares: {own.shares} of {networks} networks leave a part without networks; change them, or "
            "train more networks."
        )


def _check_queries(settings: PopulationSettings, shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Queries of the auto-encoder must have the shape of the networks' inputs."""
    for name in others_asked(settings):
        if name not in shapes:
            raise InputError(f"{where}: {unknown('name', name, [*QUERIES, *shapes])}")
        if shapes[name] != shapes.get(settings.task):
            raise InputError(
                f"{where}: inputs of {name} have another shape than those of the task {settings.task}; remove "
                f"{name}, or name a task of the same shape."
            )
