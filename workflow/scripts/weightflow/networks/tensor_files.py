"""Files of tensors that others wrote: safetensors, and torch's own through `weights_only` alone.

Nothing in a file is run. A file that needs code to open is refused.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from weightflow.errors import InputError, shown

_NESTED = ("state_dict", "model_state_dict", "model", "net", "network")  # keys under which training scripts keep it
_WRAPPERS = ("module.", "_orig_mod.", "model.")  # prefixes that wrappers of modules put before all names


def load(file: str | Path) -> Tensor | Mapping[str, Tensor]:
    """A tensor, or tensors by name, on the processor.

    Raises:
        InputError: the file is missing, damaged, or needs code to open.
    """
    held = _opened(file)
    if isinstance(held, Mapping) and not held:
        raise InputError(f"{file}: holds no tensors; name another file.")
    tensors = [held] if isinstance(held, Tensor) else list(held.values()) if isinstance(held, Mapping) else []
    if not tensors or not all(isinstance(one, Tensor) for one in tensors):
        raise InputError(f"{file}: holds more than tensors; save the state dict alone.")
    if not all(torch.isfinite(one).all() for one in tensors):
        raise InputError(f"{file}: has numbers that are infinite or NaN; fetch it again.")
    return held


def load_state(file: str | Path) -> dict[str, Tensor]:
    """The state dict of a network: alone in its file, or in a checkpoint under one of the usual keys.

    Raises:
        InputError: as `load`, or the file holds no state dict.
    """
    held = _opened(file)
    for key in _NESTED:
        if isinstance(held, Mapping) and isinstance(held.get(key), Mapping):
            held = held[key]
            break
    if not isinstance(held, Mapping) or not held or not all(isinstance(one, Tensor) for one in held.values()):
        raise InputError(f"{file}: holds no state dict; save network.state_dict() alone, or under the key state_dict.")
    state = {str(name): value for name, value in held.items()}
    for name, value in state.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise InputError(f"{file}: {name} has numbers that are infinite or NaN; remove the file.")
    return state


def unwrapped(state: Mapping[str, Tensor], names: Collection[str]) -> dict[str, Tensor]:
    """A state dict without the prefix of a wrapper such as `DataParallel`, if its names are the expected ones then."""
    for prefix in _WRAPPERS:
        inner = {name.removeprefix(prefix): value for name, value in state.items()}
        if len(inner) == len(state) and not set(names) <= set(state) and set(names) <= set(inner):
            return inner
    return dict(state)


def _opened(file: str | Path) -> Any:
    try:
        if Path(file).suffix == ".safetensors":
            return load_file(file, device="cpu")
        return torch.load(file, weights_only=True, map_location="cpu")
    except FileNotFoundError:
        raise InputError(f"there is no file {shown(str(file))}; check the folder.") from None
    except UnpicklingError:
        raise InputError(
            f"{file}: holds more than tensors, and opening it would run code; save its state dict alone."
        ) from None
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError, LookupError):
        raise InputError(f"{file}: is damaged or no file of tensors; write it again.") from None
