"""Checks of the settings of populations against each other, against the data sets and against users' examples."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from weightflow.config.consistency import check_braces
from weightflow.config.paths import missing
from weightflow.data.settings import DatasetSettings
from weightflow.errors import InputError, shown, unknown
from weightflow.formats.reading import as_files
from weightflow.populations.architectures.registry import ACTIVATIONS, ARCHITECTURES
from weightflow.populations.autoencoders.registry import QUERIES
from weightflow.populations.autoencoders.settings import BASE, AutoencoderSettings, variants_of
from weightflow.populations.network_files import found_files, network_files
from weightflow.populations.settings import (
    SNAPSHOT,
    ArchitectureSettings,
    ExampleSettings,
    NetworkTrainingSettings,
    PopulationSettings,
)
from weightflow.populations.tasks.example_sources import example_format, files_of_examples
from weightflow.populations.tasks.selection import check_augmentation, check_fitting, shape_in_size


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
        _check_task(settings, shapes, where)
        _check_size(settings, shapes, where)
        _check_split(settings, f"{where}.split")
        _check_checkpoints(settings.training, f"{where}.training.checkpoints")
        _check_training(settings, shapes, where)
        _check_snapshot(settings, datasets, where)
        _check_architecture(settings.architecture, settings.task, shapes, f"{where}.architecture")
        _check_networks(settings, f"{where}.networks")
        _check_heads_and_norms(settings, where)
        _check_balance(settings, f"{where}.alignment.balanced")
        _check_flow(settings, f"{where}.flow")
        given = settings.correction.model_fields_set
        if given and "alignments" not in given:
            raise InputError(
                f"{where}.correction: has no alignments; set alignments: [aligned], or remove the section."
            )
        if settings.frontier == 1:
            raise InputError(f"{where}.frontier: one network has no spread; draw 2 or more, or 0 for no frontier.")
        _check_autoencoder(settings, f"{where}.autoencoder")
        _check_zoos(name, populations, f"{where}.autoencoder")
        _check_queries(settings, shapes, f"{where}.autoencoder")


def check_population_files(
    populations: Mapping[str, PopulationSettings], source: str, folders: Sequence[Path] = ()
) -> None:
    """Refuse missing files of users' examples and networks.

    It is not called for a module of another workflow, whose rules may make the files, nor for saved results.

    Args:
        populations: by name, complete, with defaults.
        source: the config files' names.
        folders: of the config files, for messages.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    for name, settings in populations.items():
        own, where = settings.examples, f"{source}: populations.{name}.examples"
        for path in files_of_examples(own):
            is_folder = path in (own.folder, own.test_folder)
            if not (os.path.isdir(path) if is_folder else os.path.isfile(path)):
                fault = missing(path, folders)
                raise InputError(
                    f"{where}: {fault.replace('no file', 'no folder') if is_folder else fault}; check the path."
                )
        if (networks := settings.networks).files:
            where = f"{source}: populations.{name}.networks"
            network_files(networks.files, f"{where}.files")
            if networks.module and not os.path.isfile(path := networks.module.rpartition(":")[0]):
                raise InputError(f"{where}.module: {missing(path, folders)}; check the path.")


def _check_task(settings: PopulationSettings, shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    """A population has a known task or a user's examples."""
    task, own = settings.task, settings.examples
    if task is not None and own != ExampleSettings():
        raise InputError(f"{where}: there are task: {shown(task)} and examples; leave one of them out.")
    if task is None and own == ExampleSettings():
        raise InputError(
            f"{where}: there is neither a task nor examples; give task: NAME, or examples: {{file: FILE}}."
        )
    if task is not None and task not in (*shapes, SNAPSHOT):
        raise InputError(f"{where}.task: {unknown('task', task, [*shapes, SNAPSHOT])}")
    if task is None:
        _check_examples(own, f"{where}.examples")


def _check_size(settings: PopulationSettings, shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Only images are resized; what a user's examples are is known after reading."""
    for key in ("crop", "resize"):
        if getattr(settings, key) is not None and settings.task is not None:
            check_side(settings.task, shapes.get(settings.task, ()), key, getattr(settings, key), where)


def check_side(task: str, shape: tuple[int, ...], key: str, side: int, where: str) -> None:
    """Refuse to resize tables, or to cut more out of images than there is.

    Args:
        task: name of the task.
        shape: of its inputs.
        key: crop or resize.
        side: value of the key.
        where: section of the key, for messages.

    Raises:
        InputError: as said.
    """
    if len(shape) != 3:
        raise InputError(f"{where}.{key}: the inputs of {task} are no images; remove the key.")
    if key == "crop" and side > min(shape[1:]):
        raise InputError(f"{where}.{key}: images of {task} have {shape[1]} × {shape[2]} pixels, fewer; lower it.")


def _check_examples(own: ExampleSettings, where: str) -> None:
    """A user's examples are in a file or a folder of a known format, with the keys of this format."""
    if bool(own.file) == bool(own.folder):
        raise InputError(f"{where}: {'both' if own.file else 'neither'} of file and folder; give one of them.")
    if own.test_file and own.test_folder:
        raise InputError(f"{where}: both of test_file and test_folder; give one of them.")
    paths = [path for path in (own.source, own.test_source) if path]
    for path in paths:
        check_braces(path, where)
    try:
        formats = {path: example_format(path, own) for path in paths}
        files_of_examples(own)
    except InputError as fault:
        raise InputError(f"{where}: {fault}") from None
    for path, known in formats.items():
        if lacking := [key for key in known.needed if getattr(own, key) is None]:
            raise InputError(
                f"{where}: {path} is {known.description}; give the key {lacking[0]}, the column of labels."
            )
    for key in ("inputs", "label"):
        if getattr(own, key) is not None and not any(key in known.keys for known in formats.values()):
            what = formats[own.source].description
            raise InputError(f"{where}.{key}: {own.source} is {what} and has no such key; remove it.")
    if own.label is not None and own.label in as_files(own.inputs):
        raise InputError(f"{where}.inputs: {shown(own.label)} is the label; remove it from the inputs.")


def _check_split(settings: PopulationSettings, where: str) -> None:
    split = settings.split
    if split.stratified and settings.task == SNAPSHOT:
        raise InputError(f"{where}.stratified: the states of task: {SNAPSHOT} have no labels of their own; set false.")
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


def _check_training(settings: PopulationSettings, shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Keys of one optimiser, of images and of architectures; a user's examples are known after reading."""
    own, kind = settings.training, settings.architecture.kind
    if own.optimiser != "sgd" and own.momentum != NetworkTrainingSettings().momentum:
        raise InputError(f"{where}.training.momentum: {own.optimiser} has none; remove it, or set optimiser: sgd.")
    if own.dropout and not ARCHITECTURES[kind].drops:
        dropping = [name for name, known in ARCHITECTURES.items() if known.drops]
        raise InputError(
            f"{where}.training.dropout: {kind} has no units to drop; remove it, or set kind: {' or '.join(dropping)}."
        )
    if settings.task is not None:
        check_augmentation(own.augment, shapes.get(settings.task, ()), where)


def _check_snapshot(settings: PopulationSettings, datasets: Mapping[str, DatasetSettings], where: str) -> None:
    """The task of snapshots needs a backbone and a data set; other tasks have neither."""
    kind, task, name = settings.architecture.kind, settings.task, settings.snapshot.dataset
    told = f"task {task}" if task else f"examples of {settings.examples.source}"
    if (ARCHITECTURES[kind].reads == "states") != (task == SNAPSHOT):
        backbones = [name for name, own in ARCHITECTURES.items() if own.reads == "states"]
        raise InputError(
            f"{where}.architecture.kind: {kind} does not fit the {told}; backbones ({', '.join(backbones)}) learn "
            f"task: {SNAPSHOT} and no other task; change one of them."
        )
    if (task == SNAPSHOT) != (name is not None):
        raise InputError(
            f"{where}.snapshot.dataset: {'one of the data sets is needed' if name is None else 'the task has none'}; "
            f"give it with task: {SNAPSHOT} only."
        )
    if task != SNAPSHOT and settings.snapshot.time is not None:
        raise InputError(f"{where}.snapshot.time: the {told} has no times; remove it, or set task: {SNAPSHOT}.")
    if name is not None and name not in datasets:
        raise InputError(f"{where}.snapshot.dataset: {unknown('name', name, datasets)}")
    if name is not None and datasets[name].kind != "discrete":
        raise InputError(f"{where}.snapshot.dataset: the states of {name} are real values; choose one of counts.")


def _check_architecture(
    architecture: ArchitectureSettings, task: str | None, shapes: Mapping[str, tuple[int, ...]], where: str
) -> None:
    """Keys of the architecture, and the shape of a task's inputs; that of a user's examples is known after reading."""
    kind, own = architecture.kind, ARCHITECTURES[architecture.kind]
    of_images = [name for name, shape in shapes.items() if len(shape) == 3]
    if own.reads == "images" and task is not None and task not in of_images:
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


def _check_networks(settings: PopulationSettings, where: str) -> None:
    own = settings.networks
    if own.files is None and (own.module is not None or own.units is not None):
        raise InputError(f"{where}: module and units are of networks from files; give files, too.")
    if own.files is not None and own.module is None and own.units is not None:
        raise InputError(f"{where}.units: units of the catalogue's networks are known; remove them, or give module.")
    if own.module is not None and not own.module.rpartition(":")[0]:
        raise InputError(f"{where}.module: {own.module} names no file and function; write FILE.py:FUNCTION.")


def _check_heads_and_norms(settings: PopulationSettings, where: str) -> None:
    """Heads and batch norms of the architecture; those of networks from files are known after reading."""
    known, kind = ARCHITECTURES[settings.architecture.kind], settings.architecture.kind
    own = settings.networks
    if settings.alignment.heads != "matched" and (own.module is not None or own.units is not None):
        raise InputError(f"{where}.alignment.heads: is for networks of the catalogue, not of a module; remove it.")
    if own.files is not None:
        return
    if settings.alignment.heads != "matched" and "heads" not in known.keys:
        raise InputError(f"{where}.alignment.heads: {kind} has no attention heads; remove it.")
    if settings.norms != ("training",) and not known.normed:
        raise InputError(f"{where}.norms: {kind} has no batch norms; remove it.")


def _check_balance(settings: PopulationSettings, where: str) -> None:
    own, kind = settings.architecture, settings.architecture.kind
    if not settings.alignment.balanced:
        return
    if settings.networks.files is not None:
        raise InputError(f"{where}: is for networks that are trained here, not for those of files; remove it.")
    if "activation" not in ARCHITECTURES[kind].keys or not ACTIVATIONS[own.activation].homogeneous:
        raise InputError(
            f"{where}: the units of {kind} with activation {own.activation} cannot change their scale; remove it, or "
            "set the activation relu of an mlp, cnn or lenet5."
        )


def _number_of_networks(settings: PopulationSettings) -> int:
    """Of files that are missing or too few, which have an error of their own, as many as would be trained."""
    files = settings.networks.files
    found = 0 if files is None else len(found_files(files))
    return found if found > 1 else settings.training.networks


def _check_flow(settings: PopulationSettings, where: str) -> None:
    networks, components = _number_of_networks(settings), settings.flow.components
    if settings.flow.alignments and components is not None and components >= networks:
        raise InputError(
            f"{where}.components: {networks} networks have at most {networks - 1} principal components, not "
            f"{components}; lower it, or take more networks."
        )


def _check_autoencoder(settings: PopulationSettings, where: str) -> None:
    own = settings.autoencoder
    if not own.structural:
        if own.model_fields_set and "structural" not in own.model_fields_set:
            raise InputError(
                f"{where}: has no structural, so no auto-encoder is trained; set structural: [1, 0.1], or remove the "
                "section."
            )
        return
    for variant, each in variants_of(own, where).items():
        _check_variant(each, where if variant == BASE else f"{where}.variants.{variant}")
    _check_shares(own, settings, "", where)


def _check_shares(own: AutoencoderSettings, settings: PopulationSettings, name: str, where: str) -> None:
    """Two networks at least for training and for the test, since distances are in units of a variance."""
    networks = _number_of_networks(settings)
    learned, chosen = (round(share * networks) for share in own.shares)
    if min(learned, networks - learned - chosen) < 2 or chosen < 1:
        of = f"the {networks} networks of {name}" if name else f"{networks} networks"
        raise InputError(
            f"{where}.shares: {list(own.shares)} of {of} leave less than two networks for training or for the test, or "
            "none for validation; change them, or take more networks."
        )


def _check_variant(own: AutoencoderSettings, where: str) -> None:
    if own.width % own.heads:
        raise InputError(f"{where}: {own.heads} heads do not divide the width {own.width}; change one of them.")
    if own.window is not None and own.codes != "tokens":
        raise InputError(
            f"{where}.window: one code for a network needs all of its tokens; remove it, or set codes: tokens."
        )
    if own.halo and own.window is None:
        raise InputError(f"{where}.halo: there is no window; set window, or remove it.")


def _check_zoos(name: str, populations: Mapping[str, PopulationSettings], where: str) -> None:
    """Other populations of auto-encoders are there."""
    if not populations[name].autoencoder.structural:
        return
    for variant, own in variants_of(populations[name].autoencoder, where).items():
        section = where if variant == BASE else f"{where}.variants.{variant}"
        for key in ("zoos", "unfamiliar") if variant == BASE else ("zoos",):
            for other in getattr(own, key):
                if other == name or (key == "unfamiliar" and other in own.zoos):
                    raise InputError(f"{section}.{key}: the auto-encoder is trained on {other}; remove it.")
                if other not in populations:
                    raise InputError(f"{section}.{key}: {unknown('population', other, populations)}")
                _check_shares(own, populations[other], other, where)


def _check_queries(settings: PopulationSettings, shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Other tasks whose inputs are queries, of the auto-encoder or a variant, are known and fit the networks' input."""
    for variant, own in variants_of(settings.autoencoder, where).items():
        section = where if variant == BASE else f"{where}.variants.{variant}"
        for name in own.queries.sources:
            if name not in QUERIES:
                _check_other(name, settings, shapes, f"{section}.queries.from")


def _check_other(name: str, settings: PopulationSettings, shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Images are fitted to images; those of a user's examples are known after reading."""
    if name not in shapes:
        raise InputError(f"{where}: {unknown('name', name, [*QUERIES, *shapes])}")
    if settings.task == SNAPSHOT:
        raise InputError(f"{where}: the networks read states, and inputs of {name} are none; remove {name}.")
    if settings.task is not None:
        own = shape_in_size(shapes[settings.task], settings.crop, settings.resize)
        check_fitting(shapes[name], own, name, where)
    elif (settings.crop or settings.resize) and len(shapes[name]) != 3:
        raise InputError(f"{where}: inputs of {name} are no images and cannot be resized; remove {name}.")
