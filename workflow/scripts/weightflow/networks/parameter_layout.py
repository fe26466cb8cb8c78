"""Where each parameter of a network stands in its flat weights: state dicts to flat weights and back.

A parameter with one row for each output is a linear map: of a dense layer or a convolution with its bias, of a norm's
scale and shift, of an embedding. Any other parameter is a map without bias, row by row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from weightflow.errors import InputError
from weightflow.networks.layout import LinearMap, Place

# Buffers that torch's norms keep: they are measured on training data, and are no weights.
_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True)
class ParameterLayout:
    """Flat weights (P,) as named parameters.

    Attributes:
        layers: linear maps in the order of the flat weights.
        places: the parameters of each.
    """

    layers: tuple[LinearMap, ...]
    places: tuple[Place, ...]

    @property
    def size(self) -> int:
        """P, the number of weights."""
        return sum(layer.weights for layer in self.layers)

    @property
    def names(self) -> list[str]:
        """Names of the parameters, without twins."""
        return [name for place in self.places for name in (place.weight, place.bias) if name]

    def flat(self, state: Mapping[str, Tensor]) -> np.ndarray:
        """(P,) float32 weights of a state dict with these names and shapes."""
        found = np.empty(self.size, dtype=np.float32)
        start = 0
        for layer, place in zip(self.layers, self.places, strict=True):
            rows = found[start : start + layer.weights].reshape(layer.neurons, layer.columns)
            rows[:, : layer.inputs] = _numbers(state[place.weight]).reshape(layer.neurons, layer.inputs)
            if place.bias:
                rows[:, -1] = _numbers(state[place.bias])
            start += layer.weights
        return found

    def tensors(self, weights: Tensor) -> dict[str, Tensor]:
        """Parameters (S, …) by name, as views where possible, of flat weights (S, P), or (…) of (P,)."""
        found, start = {}, 0
        for layer, place in zip(self.layers, self.places, strict=True):
            rows = weights[..., start : start + layer.weights].unflatten(-1, (layer.neurons, layer.columns))
            found[place.weight] = rows[..., : layer.inputs].reshape((*weights.shape[:-1], *place.shape))
            if place.bias:
                found[place.bias] = rows[..., -1]
            start += layer.weights
        return found

    def state(self, weights: np.ndarray) -> dict[str, Tensor]:
        """A state dict of flat weights (P,), without buffers; twins are copies."""
        found = {name: value.contiguous() for name, value in self.tensors(torch.from_numpy(weights)).items()}
        for place in self.places:
            found |= {twin: found[name].clone() for twin, name in place.twins}
        return found


def layout_of_module(module: nn.Module) -> ParameterLayout:
    """The layout of any module; parameters under several names count once.

    Raises:
        InputError: the module has no parameters.
    """
    first: dict[int, str] = {}
    twins: dict[str, list[tuple[str, str]]] = {}
    for name, value in module.named_parameters(remove_duplicate=False):
        kept = first.setdefault(id(value), name)
        if kept != name:
            twins.setdefault(kept, []).append((name, kept))
    shapes = {name: tuple(value.shape) for name, value in module.named_parameters()}
    return _layout(shapes, {name: tuple(own) for name, own in twins.items()}, "the module has no parameters")


def layout_of_state(state: Mapping[str, Tensor]) -> ParameterLayout:
    """The layout of a state dict without its module, in the order of its names.

    Raises:
        InputError: it has no parameters.
    """
    shapes = {
        name: tuple(value.shape)
        for name, value in state.items()
        if value.is_floating_point() and name.rpartition(".")[2] not in _BUFFERS
    }
    return _layout(shapes, {}, "a state dict without parameters")


def difference(layout: ParameterLayout, state: Mapping[str, Tensor]) -> str:
    """How a state dict differs from a layout, as words; empty if it does not."""
    expected = dict(_shapes(layout))
    given = {name: tuple(value.shape) for name, value in state.items() if name.rpartition(".")[2] not in _BUFFERS}
    known = set(expected) | {twin for place in layout.places for twin, _ in place.twins}
    for name, shape in expected.items():
        if name not in given:
            return f"has no {name}"
        if given[name] != shape:
            return f"has {name} of shape {_size(given[name])} instead of {_size(shape)}"
    extra = [name for name in given if name not in known]
    return f"has {extra[0]} besides" if extra else ""


def renamed(layout: ParameterLayout, layers: Sequence[LinearMap]) -> ParameterLayout | None:
    """The layout with the linear maps of a known architecture, if both have the same maps in the same order.

    Args:
        layout: of a state dict.
        layers: of the architecture.
    """
    sizes = [(layer.neurons, layer.inputs, layer.bias) for layer in layout.layers]
    if sizes != [(layer.neurons, layer.inputs, layer.bias) for layer in layers]:
        return None
    return ParameterLayout(tuple(layers), layout.places)


def _layout(
    shapes: Mapping[str, tuple[int, ...]], twins: Mapping[str, tuple[tuple[str, str], ...]], fault: str
) -> ParameterLayout:
    layers, places = [], []
    for name, shape, bias in _pairs(shapes):
        rows = shape[0] if shape else 1
        layers.append(LinearMap(name.removesuffix(".weight"), rows, prod(shape[1:]), bias=bool(bias)))
        places.append(Place(name, shape, bias, (*twins.get(name, ()), *twins.get(bias, ()))))
    if not layers:
        raise InputError(f"networks: {fault}; nothing can be learned from it.")
    return ParameterLayout(tuple(layers), tuple(places))


def _pairs(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Each parameter with its shape and the name of its bias, which stands with it."""
    biases = {}
    for name, shape in shapes.items():
        stem, _, last = name.rpartition(".")
        bias = f"{stem}.bias" if stem else "bias"
        if last == "weight" and shape and shapes.get(bias) == shape[:1]:
            biases[name] = bias
    for name, shape in shapes.items():
        if name not in biases.values():
            yield name, shape, biases.get(name, "")


def _shapes(layout: ParameterLayout) -> Iterator[tuple[str, tuple[int, ...]]]:
    for layer, place in zip(layout.layers, layout.places, strict=True):
        yield place.weight, place.shape
        if place.bias:
            yield place.bias, (layer.neurons,)


def _numbers(value: Tensor) -> np.ndarray:
    return value.detach().to(torch.float32).numpy()


def _size(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) if shape else "()"
