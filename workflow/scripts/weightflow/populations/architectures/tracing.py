"""Interchangeable hidden units of a module, found by tracing it with `torch.fx`.

Every tensor in a traced module carries its units on one axis: the outputs of the layer that wrote it. Layers that read
the units, norms that scale them and layers that write into the same stream belong to one group. Groups that reach the
input or the output of the module stay in place.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from weightflow.errors import InputError
from weightflow.networks.layout import HiddenUnits, Slots

_ODD = (nn.Identity, nn.Tanh, nn.Hardtanh, nn.Softsign, nn.Tanhshrink, nn.Softshrink, nn.Hardshrink)
_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)
_ACTIVATIONS = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus),
    *(nn.Sigmoid, nn.LogSigmoid, nn.Hardsigmoid, nn.Hardswish, nn.Threshold, nn.RReLU),
)
_MEANS = (
    *(nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
)
_MAXIMA = (
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
    *(nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d),
)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
# Functions and methods of tensors, by name: of each number alone, odd or not; of the axes after the units.
_ODD_NAMES = {"tanh", "hardtanh", "softsign", "dropout", "dropout2d", "contiguous", "clone", "detach", "float", "neg"}
_NAMES = {
    *("relu", "relu_", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "sigmoid"),
    *("hardswish", "hardsigmoid", "abs", "square", "exp", "clamp"),
}
_MEAN_NAMES = {"avg_pool1d", "avg_pool2d", "avg_pool3d"} | {f"adaptive_avg_pool{d}d" for d in (1, 2, 3)}
_MAXIMUM_NAMES = {f"max_pool{d}d" for d in (1, 2, 3)} | {f"adaptive_max_pool{d}d" for d in (1, 2, 3)}
_SUMS = {operator.add, operator.iadd, operator.sub, operator.isub, torch.add, torch.sub}
_PRODUCTS = {operator.mul, operator.imul, operator.truediv, torch.mul, torch.div}


def trace_symmetries(module: nn.Module, shape: Sequence[int]) -> tuple[HiddenUnits, ...]:
    """The groups of interchangeable hidden units of a module, by the names of `layout_of_module`.

    Units whose path has odd functions alone, such as tanh, may also change their signs.

    Args:
        module: the network, of inputs (N, …).
        shape: of one input.

    Raises:
        InputError: the module cannot be traced, or has a layer of which nothing is known; it is named.
    """
    module = module.eval()
    try:
        traced = fx.symbolic_trace(module)
        with torch.no_grad():
            ShapeProp(traced).propagate(torch.zeros(2, *shape))
    except Exception as error:  # a module may raise anything while it is traced
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"networks.module: its forward cannot be followed by torch.fx ({reason or type(error).__name__}); "
            "describe its units in networks.units, or set units: [] to leave them in place."
        ) from error
    return _Tracer(traced).groups()


@dataclass(eq=False)
class _Units:
    """Units of a group; groups that a sum joins have the same root.

    Attributes:
        count: number of units.
        slots: the maps' names, with side and block of the units there.
        odd: whether a unit may change its sign.
        free: whether the units may change places.
        root: the group that this one belongs to.
    """

    count: int
    slots: list[tuple[str, str, int]] = field(default_factory=list)
    odd: bool = True
    free: bool = True
    root: "_Units | None" = None

    def found(self) -> "_Units":
        """The root."""
        own = self
        while own.root is not None:
            own = own.root
        return own

    def join(self, other: "_Units") -> None:
        """Make two groups one."""
        one, two = self.found(), other.found()
        if one is two:
            return
        one.slots += two.slots
        one.odd &= two.odd
        one.free &= two.free
        two.root = one


@dataclass(frozen=True)
class _Wire:
    """Where a tensor carries units.

    Attributes:
        units: the group.
        axis: of the tensor, counted with that of the examples.
        block: numbers of each unit along the axis, side by side.
    """

    units: _Units
    axis: int
    block: int = 1


class _UnknownError(Exception):
    """A node of which nothing is known."""


class _Tracer:
    """Follows the units through a traced module."""

    def __init__(self, traced: fx.GraphModule):
        self.traced = traced
        self.wires: dict[fx.Node, _Wire] = {}
        self.made: list[_Units] = []
        self.placed: dict[tuple[str, str], _Units] = {}

    def groups(self) -> tuple[HiddenUnits, ...]:
        """All groups with more than one unit that may change places."""
        for node in self.traced.graph.nodes:
            try:
                self._follow(node)
            except _UnknownError:
                raise InputError(
                    f"networks.module: nothing is known of the units of its {_named(node, self.traced)}; describe them "
                    "in networks.units, or set units: [] to leave them in place."
                ) from None
        roots = dict.fromkeys(units.found() for units in self.made)
        return tuple(
            HiddenUnits(own.count, tuple(Slots(name, side, 0, own.odd, block) for name, side, block in own.slots))
            for own in roots
            if own.free and own.count > 1 and own.slots
        )

    def _follow(self, node: fx.Node) -> None:
        if node.op == "placeholder":
            units = self._new(_shape(node)[1] if len(_shape(node)) > 1 else 1)
            units.free = False
            self.wires[node] = _Wire(units, min(1, len(_shape(node)) - 1))
        elif node.op == "output":
            for before in node.all_input_nodes:
                if before in self.wires:
                    self.wires[before].units.found().free = False
        elif node.op == "call_module":
            self.wires[node] = self._module(node, self.traced.get_submodule(str(node.target)), self._only(node))
        elif node.op in ("call_function", "call_method"):
            wire = self._function(node)
            if wire is not None:
                self.wires[node] = wire
        elif node.op != "get_attr":
            raise _UnknownError

    def _module(self, node: fx.Node, part: nn.Module, wire: _Wire) -> _Wire:
        name = str(node.target)
        if isinstance(part, nn.Linear):
            if wire.axis != len(_shape(node.all_input_nodes[0])) - 1:
                raise _UnknownError
            self._slot(wire, name, "columns", wire.block)
            return self._written(name, part.out_features, len(_shape(node)) - 1)
        if isinstance(part, _CONVOLUTIONS):
            return self._convolution(name, part, wire)
        if isinstance(part, BATCH_NORMS) and wire.axis == 1:
            if part.affine:
                self._slot(wire, name, "rows", wire.block)
            return self._passed(wire, odd=False)
        if isinstance(part, nn.LayerNorm) and len(part.normalized_shape) == 1:
            if wire.axis != len(_shape(node)) - 1:
                raise _UnknownError
            if part.elementwise_affine:
                self._slot(wire, name, "rows", wire.block)
            return self._passed(wire, odd=False)
        if isinstance(part, nn.PReLU) and part.num_parameters == 1:
            return self._passed(wire, odd=False)
        if isinstance(part, (*_ODD, *_DROPOUTS, *_ACTIVATIONS)):
            return self._passed(wire, isinstance(part, (*_ODD, *_DROPOUTS)))
        if isinstance(part, (*_MEANS, *_MAXIMA)) and wire.axis == 1 and wire.block == 1:
            return self._passed(wire, isinstance(part, _MEANS))
        if isinstance(part, nn.Flatten):
            return _reshaped(wire, _shape(node.all_input_nodes[0]), _shape(node))
        raise _UnknownError

    def _convolution(self, name: str, part: Any, wire: _Wire) -> _Wire:
        if wire.axis != 1 or wire.block != 1:
            raise _UnknownError
        if part.groups == 1:
            kernel = 1
            for side in part.kernel_size:
                kernel *= side
            self._slot(wire, name, "columns", kernel)
            return self._written(name, part.out_channels, 1)
        if part.groups == part.in_channels == part.out_channels:  # a kernel for each channel
            self._slot(wire, name, "rows", 1)
            return wire
        raise _UnknownError

    def _function(self, node: fx.Node) -> _Wire | None:
        target, name = node.target, _name(node.target)
        wired = [before for before in node.all_input_nodes if before in self.wires]
        if not wired or _shape(node) is None:
            return None  # sizes and constants
        if any(before not in self.wires and _shape(before) is not None for before in node.all_input_nodes):
            raise _UnknownError  # a tensor with an entry for each unit, perhaps
        if node.op == "call_function" and target in _SUMS | _PRODUCTS:
            return self._joined(node, wired, target in _PRODUCTS)
        first = self.wires[wired[0]]
        if len(wired) > 1:
            raise _UnknownError
        if name in _ODD_NAMES | _NAMES:
            return self._passed(first, name in _ODD_NAMES)
        if name in _MEAN_NAMES | _MAXIMUM_NAMES and first.axis == 1 and first.block == 1:
            return self._passed(first, name in _MEAN_NAMES)
        if name in ("flatten", "view", "reshape", "squeeze", "unsqueeze"):
            return _reshaped(first, _shape(wired[0]), _shape(node))
        if name == "mean":
            return self._mean(node, first, len(_shape(wired[0])))
        raise _UnknownError

    def _joined(self, node: fx.Node, wired: Sequence[fx.Node], product: bool) -> _Wire:
        """The wire of a sum or a product of tensors, or of a tensor and a number."""
        first = self.wires[wired[0]]
        for other in (self.wires[before] for before in wired[1:]):
            if (other.axis, other.block, other.units.found().count) != (
                first.axis,
                first.block,
                first.units.found().count,
            ):
                raise _UnknownError
            first.units.join(other.units)
        both = len([one for one in node.args if isinstance(one, fx.Node)]) > 1
        return self._passed(first, odd=product != both)

    def _mean(self, node: fx.Node, wire: _Wire, dimensions: int) -> _Wire:
        over = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else None)
        axes = [over] if isinstance(over, int) else list(over) if isinstance(over, (list, tuple)) else []
        axes = [axis % dimensions for axis in axes]
        if not axes or wire.axis in axes:
            raise _UnknownError
        kept = node.kwargs.get("keepdim", node.args[2] if len(node.args) > 2 else False)
        return _Wire(wire.units, wire.axis - (0 if kept else sum(axis < wire.axis for axis in axes)), wire.block)

    def _only(self, node: fx.Node) -> _Wire:
        inputs = node.all_input_nodes
        if len(inputs) != 1 or inputs[0] not in self.wires:
            raise _UnknownError
        return self.wires[inputs[0]]

    def _written(self, name: str, count: int, axis: int) -> _Wire:
        wire = _Wire(self._new(count), axis)
        self._slot(wire, name, "rows", 1)
        return wire

    def _slot(self, wire: _Wire, name: str, side: str, block: int) -> None:
        """Note the rows or columns of a map; those of a map that is used twice belong to one group."""
        known = self.placed.setdefault((name, side), wire.units)
        if known is wire.units and (name, side, block) not in known.found().slots:
            known.found().slots.append((name, side, block))
        known.join(wire.units)

    def _passed(self, wire: _Wire, odd: bool) -> _Wire:
        wire.units.found().odd &= odd
        return wire

    def _new(self, count: int) -> _Units:
        units = _Units(count)
        self.made.append(units)
        return units


def _reshaped(wire: _Wire, before: Sequence[int], after: Sequence[int]) -> _Wire:
    """The wire after axes were joined, added or removed: axes before that of the units stay, later ones may join it."""
    if before[: wire.axis] == after[: wire.axis] and len(after) > wire.axis:
        size, later = before[wire.axis], 1
        for side in before[wire.axis + 1 :]:
            later *= side
        if after[wire.axis] == size:
            return wire
        if after[wire.axis] == size * later and len(after) == wire.axis + 1:
            return _Wire(wire.units, wire.axis, wire.block * later)
    raise _UnknownError


def _shape(node: fx.Node) -> Any:
    """Shape of a node's tensor; None if it is no tensor."""
    meta = node.meta.get("tensor_meta")
    return tuple(meta.shape) if meta is not None and hasattr(meta, "shape") else None


def _name(target: str | Callable[..., Any]) -> str:
    return target if isinstance(target, str) else getattr(target, "__name__", "")


def _named(node: fx.Node, traced: fx.GraphModule) -> str:
    if node.op == "call_module":
        kind = type(traced.get_submodule(str(node.target))).__name__
        return f"layer {node.target} ({kind})"
    return f"operation {_name(node.target)}"
