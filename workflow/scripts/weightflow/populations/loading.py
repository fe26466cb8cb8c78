"""Populations from files: networks that were trained elsewhere, as state dicts of one architecture.

Networks are read one at a time into one array of single precision.
"""

import runpy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from weightflow.anchors.files import KIND as ANCHOR
from weightflow.anchors.files import read_anchor
from weightflow.errors import InputError, shown, unknown
from weightflow.limits import check_bytes
from weightflow.networks.alignment import align_to
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.networks.parameter_layout import (
    ParameterLayout,
    difference,
    layout_of_module,
    layout_of_state,
    renamed,
)
from weightflow.networks.tensor_files import load_state, unwrapped
from weightflow.populations.architectures.classifiers import Classifier, make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.architectures.torch_module import ModuleClassifier
from weightflow.populations.population import Population
from weightflow.populations.settings import LoadedSettings, UnitSettings
from weightflow.populations.tasks.task import Task
from weightflow.progress import progress
from weightflow.storage import atomic, read_metadata

_MEAN, _VARIANCE = ".running_mean", ".running_var"  # ends of the names of torch's moments


@dataclass(frozen=True)
class Loaded:
    """Networks from files.

    Attributes:
        weights: (N, P) float32.
        names: (N,) of the files, without their endings.
        layout: of the state dicts.
        architecture: the settings that the files fit; None for networks of a user's module.
        states: (N,) the moments that batch norms keep in the files, by the stems of their names.
    """

    weights: np.ndarray
    names: list[str]
    layout: ParameterLayout
    architecture: ArchitectureSettings | None
    states: tuple[Mapping[str, np.ndarray], ...] = ()

    def moments(self, norms: Mapping[str, int]) -> np.ndarray | None:
        """(N, Q) moments of batch norms in the files, as `measure_norms` gives them; None if a file lacks one."""
        stems = stems_of(self.layout)
        names = [stems.get(name, name) for name in norms]
        if not names or not all(name in own for own in self.states for name in names):
            return None
        return np.stack([np.concatenate([own[name] for name in names]) for own in self.states])


@dataclass(frozen=True)
class Buffers:
    """Moments of batch norms as torch keeps them.

    Attributes:
        moments: (N, Q) as `measure_norms` gives them.
        channels: of each norm, by the stem of its buffers' names.
    """

    moments: Tensor
    channels: Mapping[str, int]

    @classmethod
    def of(cls, classifier: Classifier, layout: ParameterLayout, moments: Tensor) -> "Buffers":
        """Of a classifier's norms, under the names of the state dicts."""
        stems = stems_of(layout)
        return cls(moments, {stems.get(name, name): channels for name, channels in classifier.norms.items()})

    def state(self, network: int) -> dict[str, Tensor]:
        """Mean, variance and number of batches of every norm of a network, by the names of buffers."""
        found, start = {}, 0
        for stem, channels in self.channels.items():
            own = self.moments[network, start : start + 2 * channels].cpu().float()
            found[f"{stem}{_MEAN}"] = own[:channels].clone()
            found[f"{stem}{_VARIANCE}"] = own[channels:].clone()
            found[f"{stem}.num_batches_tracked"] = torch.tensor(0)
            start += 2 * channels
        return found


@contextmanager
def of_population(name: str) -> Iterator[None]:
    """A block whose faults of the section `networks` are told with the population's name."""
    try:
        yield
    except InputError as fault:
        if str(fault).startswith("networks"):
            raise InputError(f"populations.{name}.{fault}") from fault
        raise


def module_from(source: str) -> nn.Module:
    """The module that a function of a Python file builds.

    Args:
        source: `FILE.py:FUNCTION`; the file is run.

    Raises:
        InputError: the file or the function is missing, raises, or gives no module.
    """
    file, _, name = source.rpartition(":")
    if not file:
        raise InputError(f"networks.module: {shown(source)} names no file and function; write FILE.py:FUNCTION.")
    if not Path(file).is_file():
        raise InputError(f"networks.module: there is no file {shown(file)}; check the path.")
    beside = str(Path(file).parent.resolve())  # modules that it imports may lie beside it
    sys.path.insert(0, beside)
    try:
        found = runpy.run_path(file)
        if name not in found:
            own = [key for key, value in found.items() if callable(value) and not key.startswith("_")]
            raise InputError(f"networks.module: {file}: {unknown('function', name, own)}")
        built = found[name]()
    except InputError:
        raise
    except Exception as error:  # a user's file may raise anything
        raise InputError(f"networks.module: {source} raises {type(error).__name__} ({error}); mend it.") from error
    finally:
        sys.path.remove(beside)
    if not isinstance(built, nn.Module):
        raise InputError(f"networks.module: {source} gives a {type(built).__name__} and no torch.nn.Module.")
    return built


def load_networks(
    files: Sequence[Path],
    module: nn.Module | None,
    architecture: ArchitectureSettings,
    shape: Sequence[int] | None = None,
    classes: int | None = None,
) -> Loaded:
    """Read networks of one architecture.

    Without a module the architecture is recognised by the shapes in the first file: first the given one, then an MLP
    of any widths and the residual networks of the catalogue.

    Args:
        files: one for each network; anchors of this project too, with their architecture.
        module: the networks' module, whatever its weights.
        architecture: of networks without a module, tried first; its activation is kept.
        shape: of an input; an MLP does not need it.
        classes: number of labels; only anchors need it.

    Raises:
        InputError: a file cannot be read, or differs from the module or from the first file; the architecture is not
            recognised.
    """
    read = _reader(files[0], architecture, shape, classes)
    first = read(files[0])
    layout, found = _layout(first, module, architecture, shape, files[0])
    check_bytes(4 * len(files) * layout.size, f"networks: {len(files)} networks of {layout.size} weights")
    weights, moments = np.empty((len(files), layout.size), dtype=np.float32), []
    for i, file in enumerate(progress(files, "reading networks")):
        state = unwrapped(read(file) if i else first, layout.names)
        if fault := difference(layout, state):
            if not i:
                raise InputError(f"{file}: {fault}, unlike the module; name the networks' own in networks.module.")
            raise InputError(
                f"{file}: {fault}, unlike {files[0].name}; all networks of a population have one architecture, so "
                "remove the file."
            )
        weights[i] = layout.flat(state)
        moments.append(_moments(state))
    return Loaded(weights, [file.stem for file in files], layout, found, tuple(moments))


def _moments(state: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """(2C,) mean and variance of each batch norm of a state dict, by the stem of its names."""
    means = {name.removesuffix(_MEAN): value for name, value in state.items() if name.endswith(_MEAN)}
    return {
        stem: torch.cat([mean, state[f"{stem}{_VARIANCE}"]]).float().numpy()
        for stem, mean in means.items()
        if f"{stem}{_VARIANCE}" in state
    }


def stems_of(layout: ParameterLayout) -> dict[str, str]:
    """What the names of a map's parameters have in common, by the map's name."""
    places = zip(layout.layers, layout.places, strict=True)
    return {layer.name: place.weight.removesuffix(".weight") for layer, place in places}


def _reader(
    first: Path, architecture: ArchitectureSettings, shape: Sequence[int] | None, classes: int | None
) -> Callable[[Path], Mapping[str, Tensor]]:
    """How files are read: anchors of this project have flat weights, other files state dicts."""
    if first.suffix != ".safetensors" or not first.is_file() or read_metadata(first).get("kind") != ANCHOR:
        return load_state
    if shape is None or classes is None:
        raise InputError(f"{first}: is an anchor; name its data set with task: snapshot.")
    layers = make_classifier(architecture, shape, classes).layers
    expected = sum(layer.weights for layer in layers)

    def read(file: Path) -> Mapping[str, Tensor]:
        weights = read_anchor(file)[1]
        if len(weights) != expected:
            raise InputError(
                f"{file}: has {len(weights)} weights, and a {architecture.kind} of these settings has {expected}; set "
                "architecture to that of the model's backbone."
            )
        parts = np.split(weights, np.cumsum([layer.weights for layer in layers])[:-1])
        state = {}
        for layer, part in zip(layers, parts, strict=True):
            rows = torch.from_numpy(part.reshape(layer.neurons, layer.columns))
            state[f"{layer.name}.weight"] = rows[:, : layer.inputs]
            state |= {f"{layer.name}.bias": rows[:, -1]} if layer.bias else {}
        return state

    return read


def _layout(
    state: Mapping[str, Tensor],
    module: nn.Module | None,
    architecture: ArchitectureSettings,
    shape: Sequence[int] | None,
    file: Path,
) -> tuple[ParameterLayout, ArchitectureSettings | None]:
    """The layout of the networks, and their architecture if it is one of the catalogue."""
    if module is not None:
        return layout_of_module(module), None
    own = layout_of_state(state)
    shape, classes = shape or (own.layers[0].inputs,), own.layers[-1].neurons
    for settings in _candidates(own, architecture):
        try:
            layers = make_classifier(settings, shape, classes).layers
        except InputError:
            continue
        if (fitting := renamed(own, layers)) is not None:
            return fitting, settings
    chain = ", ".join(f"{layer.name} {layer.inputs} → {layer.neurons}" for layer in own.layers[:6])
    raise InputError(
        f"{file}: its maps ({chain}{', …' if len(own.layers) > 6 else ''}) are those of no architecture of the "
        f"catalogue for inputs of shape {tuple(shape)} and {classes} labels; set architecture, or networks.module: "
        "FILE.py:FUNCTION."
    )


def _candidates(layout: ParameterLayout, given: ArchitectureSettings) -> list[ArchitectureSettings]:
    """Architectures to try, in this order."""
    layers = layout.layers
    chained = all(one.neurons == two.inputs for one, two in pairwise(layers))
    widths = tuple(layer.neurons for layer in layers[:-1])
    found = [given]
    found += [given.but(kind="mlp", widths=widths)] if chained and all(layer.bias for layer in layers) else []
    return [*found, given.but(kind="resnet20"), given.but(kind="resnet18")]


def described_units(units: Sequence[UnitSettings], layers: Sequence[LinearMap]) -> tuple[HiddenUnits, ...]:
    """Groups of interchangeable hidden units as a user describes them.

    Args:
        units: of each group, the maps that write the units and those that read them.
        layers: the networks' linear maps.

    Raises:
        InputError: a map is unknown, or its rows or inputs are no multiple of the number of units.
    """
    known, found = {layer.name: layer for layer in layers}, []
    for group in units:
        if missing := [name for name in (*group.rows, *group.columns) if name not in known]:
            raise InputError(f"networks.units: {unknown('map', missing[0], known)}")
        count, slots = known[group.rows[0]].neurons, []
        for side, names in (("rows", group.rows), ("columns", group.columns)):
            for name in names:
                size = known[name].neurons if side == "rows" else known[name].inputs
                if size % count:
                    raise InputError(
                        f"networks.units: {name} has {size} {side if side == 'rows' else 'inputs'}, which {count} "
                        f"units, the rows of {group.rows[0]}, do not divide."
                    )
                slots.append(Slots(name, side, 0, group.odd, size // count))
        found.append(HiddenUnits(count, tuple(slots)))
    return tuple(found)


def align_with_moments(
    classifier: Classifier,
    symmetries: Sequence[HiddenUnits],
    weights: np.ndarray,
    moments: np.ndarray,
    reference: int,
    sweeps: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Aligned networks (N, P) and the moments (N, Q) of their batch norms, which move with their channels.

    The moments have no part in the choice of the order.

    Args:
        classifier: of the networks.
        symmetries: groups of interchangeable units.
        weights: (N, P).
        moments: (N, Q) as `measure_norms` gives them.
        reference: index of the network to which the others are aligned.
        sweeps: as for `align_to`.
    """
    kept = [LinearMap(f"moments of {name}", channels, 2, bias=False) for name, channels in classifier.norms.items()]
    with_moments = [
        replace(
            group,
            slots=(
                *group.slots,
                *(
                    Slots(f"moments of {own.layer}", "rows", own.start, False, own.block)
                    for own in group.slots
                    if own.layer in classifier.norms
                ),
            ),
        )
        for group in symmetries
    ]
    parts = [moments[:, start : start + 2 * own.neurons] for own, start in _starts(kept)]
    rows = [part.reshape(len(part), 2, -1).swapaxes(1, 2).reshape(len(part), -1) for part in parts]  # by channel
    goal = np.concatenate([weights[reference], np.zeros(moments.shape[1], dtype=weights.dtype)])
    whole = align_to(
        (*classifier.layers, *kept), with_moments, np.concatenate([weights, *rows], axis=1), goal, sweeps
    ).astype(np.float32)
    own, rest = np.split(whole, [weights.shape[1]], axis=1)
    moved = [rest[:, start : start + 2 * norm.neurons] for norm, start in _starts(kept)]
    back = [part.reshape(len(part), -1, 2).swapaxes(1, 2).reshape(len(part), -1) for part in moved]
    return own, np.concatenate(back, axis=1)


def _starts(maps: Sequence[LinearMap]) -> list[tuple[LinearMap, int]]:
    """Each map with its place in the moments."""
    return list(zip(maps, np.cumsum([0, *(2 * own.neurons for own in maps)])[:-1].tolist(), strict=True))


def check_outputs(classifier: Classifier, weights: np.ndarray, inputs: np.ndarray, classes: int | None = None) -> None:
    """Refuse networks that do not take the inputs, or have another number of outputs than there are labels.

    Args:
        classifier: of the networks.
        weights: (N, P).
        inputs: (n, …) of the examples.
        classes: number of labels; None if it is unknown.

    Raises:
        InputError: as said.
    """
    shape = tuple(inputs.shape[1:])
    try:
        with torch.no_grad():
            said = classifier.logits(torch.as_tensor(weights[:1]), torch.as_tensor(inputs[:2]), BatchNorms())
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise InputError(
            f"networks.module: the networks do not take inputs of shape {shape} ({str(error).partition(chr(10))[0]}); "
            "give examples of the shape that they were trained on."
        ) from error
    if said.dim() != 3 or said.shape[-1] != (classes or said.shape[-1]):
        found = "one output each" if said.dim() < 3 else f"outputs of shape {tuple(said.shape[2:])}"
        raise InputError(
            f"networks: they have {found}, and the examples {classes or 'several'} labels; every output needs a label, "
            "so give the examples that they were trained on."
        )


def write_networks_as_states(
    folder: str | Path,
    layout: ParameterLayout,
    weights: np.ndarray,
    names: Sequence[str],
    buffers: Buffers | None = None,
) -> list[Path]:
    """Write each network as a state dict, `NAME.safetensors`, which its module's `load_state_dict` takes.

    Args:
        folder: created if it is missing.
        layout: of the parameters.
        weights: (N, P).
        names: (N,) of the files.
        buffers: of batch norms; None for networks without them.

    Returns:
        The files.
    """
    files = []
    for i, name in enumerate(names):
        state = layout.state(np.ascontiguousarray(weights[i], dtype=np.float32))
        state |= buffers.state(i) if buffers is not None else {}
        files.append(Path(folder) / f"{name}.safetensors")
        with atomic(files[-1]) as temporary:
            save_file(state, temporary)
    return files


def classifier_of(
    module: nn.Module | None, architecture: ArchitectureSettings, shape: Sequence[int], classes: int
) -> Classifier:
    """The classifier of networks: a user's module, or one of the catalogue."""
    return make_classifier(architecture, shape, classes) if module is None else ModuleClassifier(module, shape)


def classifier_of_population(population: Population, settings: Any, task: Task) -> Classifier:
    """The classifier of a population's networks, trained or loaded.

    Args:
        population: whose architecture was recognised, if it was loaded without a module.
        settings: the sections `architecture` and `networks`.
        task: of the networks.

    Raises:
        InputError: as `module_from`.
    """
    module = module_from(settings.networks.module) if settings.networks.module else None
    return classifier_of(module, population.architecture or settings.architecture, task.shape, task.classes)


def symmetries_of(classifier: Classifier, settings: LoadedSettings) -> tuple[HiddenUnits, ...]:
    """The interchangeable hidden units of networks: as a user describes them, else those of the classifier."""
    return classifier.symmetries if settings.units is None else described_units(settings.units, classifier.layers)
