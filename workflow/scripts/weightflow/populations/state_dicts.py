"""State dicts of networks, as the code that trained them writes and loads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from weightflow.networks.parameter_layout import ParameterLayout
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.storage import atomic

_MEAN, _VARIANCE = ".running_mean", ".running_var"  # ends of the names of torch's moments


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


def stems_of(layout: ParameterLayout) -> dict[str, str]:
    """What the names of a map's parameters have in common, by the map's name."""
    places = zip(layout.layers, layout.places, strict=True)
    return {layer.name: place.weight.removesuffix(".weight") for layer, place in places}


def moments_in(state: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """(2C,) mean and variance of each batch norm of a state dict, by the stem of its names."""
    means = {name.removesuffix(_MEAN): value for name, value in state.items() if name.endswith(_MEAN)}
    return {
        stem: torch.cat([mean, state[f"{stem}{_VARIANCE}"]]).float().numpy()
        for stem, mean in means.items()
        if f"{stem}{_VARIANCE}" in state
    }


def numbered(count: int) -> list[str]:
    """Names of new networks, whose order is that of their numbers."""
    return [f"network-{i:0{len(str(count - 1))}d}" for i in range(count)]


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
