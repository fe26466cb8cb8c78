"""Populations from files: networks that were trained elsewhere, as state dicts of one architecture.

Networks are read one at a time into one array of single precision.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from weightflow.anchors.files import KIND as ANCHOR
from weightflow.anchors.files import read_anchor
from weightflow.errors import InputError
from weightflow.limits import check_bytes
from weightflow.networks.parameter_layout import (
    ParameterLayout,
    difference,
    layout_of_module,
    layout_of_state,
    renamed,
)
from weightflow.networks.tensor_files import load_state, unwrapped
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.state_dicts import moments_in, stems_of
from weightflow.progress import progress
from weightflow.storage import read_metadata


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
        moments.append(moments_in(state))
    return Loaded(weights, [file.stem for file in files], layout, found, tuple(moments))


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
