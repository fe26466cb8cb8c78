"""Populations from files: networks that were trained elsewhere, as state dicts of one architecture.

Networks are read one at a time into one array of single precision.
"""

import re
import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from weightflow.anchors.files import KIND as ANCHOR
from weightflow.anchors.files import read_anchor
from weightflow.errors import InputError, shown
from weightflow.limits import check_bytes
from weightflow.networks.parameter_layout import (
    ParameterLayout,
    difference,
    layout_of_module,
    layout_of_state,
    renamed,
)
from weightflow.networks.tensor_files import SUFFIXES, load_state, unwrapped
from weightflow.populations.architectures.classifiers import Classifier, make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.torch_module import ModuleClassifier
from weightflow.progress import progress
from weightflow.storage import atomic, read_metadata


@dataclass(frozen=True)
class Loaded:
    """Networks from files.

    Attributes:
        weights: (N, P) float32.
        names: (N,) of the files, without their endings.
        layout: of the state dicts.
        architecture: the settings that the files fit; None for networks of a user's module.
    """

    weights: np.ndarray
    names: list[str]
    layout: ParameterLayout
    architecture: ArchitectureSettings | None


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
        stems = {
            layer.name: place.weight.removesuffix(".weight")
            for layer, place in zip(layout.layers, layout.places, strict=True)
        }
        return cls(moments, {stems.get(name, name): channels for name, channels in classifier.norms.items()})

    def state(self, network: int) -> dict[str, Tensor]:
        """Mean, variance and number of batches of every norm of a network, by the names of buffers."""
        found, start = {}, 0
        for stem, channels in self.channels.items():
            own = self.moments[network, start : start + 2 * channels].cpu().float()
            found[f"{stem}.running_mean"] = own[:channels].clone()
            found[f"{stem}.running_var"] = own[channels:].clone()
            found[f"{stem}.num_batches_tracked"] = torch.tensor(0)
            start += 2 * channels
        return found


def network_files(files: str | Path | Sequence[str | Path]) -> list[Path]:
    """The files of networks: all in a folder, those of a pattern, or a list; numbers in names are ordered as numbers.

    Raises:
        InputError: there are fewer than two.
    """
    if isinstance(files, str | Path):
        place = Path(files)
        inside = place.iterdir() if place.is_dir() else place.parent.glob(place.name)
        found = sorted((file for file in inside if file.suffix in SUFFIXES), key=_natural)
    else:
        found = [Path(file) for file in files]
    if len(found) < 2:
        raise InputError(
            f"networks: {shown(str(files))} has {len(found)} files of networks ({', '.join(SUFFIXES)}); a population "
            "needs two at least."
        )
    return found


def module_from(source: str) -> nn.Module:
    """The module that a function of a Python file builds.

    Args:
        source: `FILE.py:FUNCTION`; the file is run.

    Raises:
        InputError: the file or the function is missing, raises, or gives no module.
    """
    file, colon, name = source.rpartition(":")
    if not colon or not Path(file).is_file():
        raise InputError(f"networks.module: {shown(source)} names no file and function; write FILE.py:FUNCTION.")
    try:
        built = runpy.run_path(file)[name]()
    except Exception as error:  # a user's file may raise anything
        raise InputError(f"networks.module: {source} raises {type(error).__name__} ({error}); mend it.") from error
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
    weights = np.empty((len(files), layout.size), dtype=np.float32)
    for i, file in enumerate(progress(files, "reading networks")):
        state = unwrapped(read(file) if i else first, layout.names)
        if fault := difference(layout, state):
            raise InputError(
                f"{file}: {fault}, unlike {'the module' if module is not None else files[0].name}; all networks of a "
                "population have one architecture, so remove the file."
            )
        weights[i] = layout.flat(state)
    return Loaded(weights, [file.stem for file in files], layout, found)


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


def _natural(file: Path) -> list[Any]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", file.name)]
