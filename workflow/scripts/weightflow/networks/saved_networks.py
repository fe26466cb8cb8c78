"""Networks from parameters in a file; names and shapes are checked before memory is allocated."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def parameters_behind(prefix: str, tensors: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """The parameters among the tensors of a file: those whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): torch.from_numpy(value) for name, value in tensors.items() if name.startswith(prefix)
    }


def with_parameters(make: Callable[[], Network], state: Mapping[str, Tensor]) -> Network:
    """Build a network with given parameters.

    Args:
        make: builds it with the sizes in the file.
        state: its parameters and buffers by name.

    Raises:
        ValueError: the parameters' names or shapes do not match the network.
    """
    with torch.device("meta"):
        expected = make().state_dict()
    if {name: own.shape for name, own in expected.items()} != {name: own.shape for name, own in state.items()}:
        raise ValueError("parameters of other names or shapes than the network has")
    network = make()
    network.load_state_dict(state)
    return network
