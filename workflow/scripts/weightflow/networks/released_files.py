"""Files of the code that was released with the paper: anchors as tokens (`feat_t0.pt`, …), field and path (`phi.pth`).

Files are opened as tensors only; nothing in them is run. The released GRU has six gate maps in each layer and reads
counts as bits with the highest first; this project's has two stacked maps and the lowest bit first. Otherwise the
layouts agree: a neuron is a row, of its incoming weights and then its bias.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from torch import Tensor

from weightflow.errors import InputError, shown
from weightflow.networks.layout import LinearMap
from weightflow.networks.released_names import anchor_files, release_fault
from weightflow.networks.tokens import to_tokens, to_weights

_GATES = {"input": ("ir_i", "iz_i", "in_i"), "recurrent": ("hr_h", "hz_h", "hn_h")}


def read_anchors_of_release(folder: str | Path, layers: Sequence[LinearMap], times: np.ndarray) -> np.ndarray:
    """(K, P) flat weights of the released anchors.

    Args:
        folder: of the files.
        layers: of a GRU backbone for counts.
        times: (K,) of the observed snapshots, as in the files' names.

    Raises:
        InputError: a file is missing, cannot be opened without running code, or belongs to another network or data
            set.
    """
    if fault := release_fault(folder, times.tolist()):
        raise InputError(fault)
    shape = sum(layer.neurons for layer in layers), max(layer.columns for layer in layers)
    anchors = []
    for file in anchor_files(folder).values():
        tokens = load(file)
        if not isinstance(tokens, Tensor):
            raise InputError(f"{file}: holds no tensor, so it is no anchor of the released code; name another folder.")
        if tuple(tokens.shape) != shape:
            raise InputError(
                f"{file}: holds {_size(tokens.shape)} tokens, and this backbone has {_size(shape)}; set "
                "backbone.hidden and backbone.levels (the rows of the last map) to those of the file."
            )
        anchors.append(weights_of_release(tokens.numpy(), layers))
    return np.stack(anchors).astype(np.float32)


def load(file: str | Path) -> Tensor | Mapping[str, Tensor]:
    """A tensor, or tensors by name, on the processor.

    Raises:
        InputError: the file is missing, damaged, or needs code to open.
    """
    try:
        held = torch.load(file, weights_only=True, map_location="cpu")
    except FileNotFoundError:
        raise InputError(f"there is no file {shown(str(file))}; check the folder.") from None
    except UnpicklingError:
        raise InputError(
            f"{file}: holds more than tensors, and opening it would run code; save its state dict alone."
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError, LookupError):
        raise InputError(f"{file}: is damaged or no file of torch; fetch it again.") from None
    tensors = [held] if isinstance(held, Tensor) else list(held.values()) if isinstance(held, Mapping) else []
    if isinstance(held, Mapping) and not held:
        raise InputError(f"{file}: holds no tensors; name another folder.")
    if not tensors or not all(isinstance(one, Tensor) for one in tensors):
        raise InputError(f"{file}: holds more than tensors; save the state dict alone.")
    if not all(torch.isfinite(one).all() for one in tensors):
        raise InputError(f"{file}: has numbers that are infinite or NaN; fetch it again.")
    return held


def weights_of_release(tokens: np.ndarray, layers: Sequence[LinearMap]) -> np.ndarray:
    """(…, P) flat weights of the released code's padded tokens (…, N, C)."""
    return to_weights(layers, tokens)[..., _order_of_release(layers)]


def tokens_of_release(weights: np.ndarray, layers: Sequence[LinearMap]) -> np.ndarray:
    """(…, N, C) padded tokens of the released code of flat weights (…, P); undoes `weights_of_release`."""
    return to_tokens(layers, weights[..., np.argsort(_order_of_release(layers))])


def _order_of_release(layers: Sequence[LinearMap]) -> np.ndarray:
    """(P,) place in the released code's flat order of each weight in this project's."""
    starts = np.cumsum([0, *(layer.weights for layer in layers)])[:-1]
    rows = [
        start + layer.columns * np.arange(layer.neurons)[:, None] + columns_of_release(layer)
        for start, layer in zip(starts, layers, strict=True)
    ]
    return np.concatenate([row.ravel() for row in rows])


def name_of_release(gate: LinearMap) -> str:
    """Name of the released code's linear map for a gate of a GRU, or for its readout.

    Raises:
        InputError: the map is not that of a GRU.
    """
    if gate.name == "head.0":
        return "output_layer"
    part = re.fullmatch(r"(input|recurrent)(\d+)\.(\d)", gate.name)
    if part is None:
        raise InputError("files of the released code hold GRUs; set backbone.kind: gru.")
    return f"gru_layers_{part[2]}_{_GATES[part[1]][int(part[3])]}"


def columns_of_release(layer: LinearMap) -> list[int]:
    """Columns of the released map for each column of this one: bits of the input in reverse order."""
    columns = list(range(layer.columns))
    if layer.name.partition(".")[0] == "input0":
        columns[: layer.inputs] = columns[: layer.inputs][::-1]
    return columns


def _size(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
