"""Layout of a network's weights in one flat vector: its linear maps and its interchangeable hidden units.

The flat order is map by map, neuron by neuron: each neuron's incoming weights, then its bias.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class LinearMap:
    """`neurons` outputs, each with `inputs` incoming weights and, last, a bias if they have one.

    Attributes:
        name: of the map.
        neurons: outputs.
        inputs: numbers that each output reads.
        bias: whether there is one.
        pixels: number of pixels in the patch of a convolution; 1 for other maps.
        gates: number of maps of equal size that are stacked in this one, such as the gates of a gru.
    """

    name: str
    neurons: int
    inputs: int
    bias: bool = True
    pixels: int = 1
    gates: int = 1

    @property
    def each_gate(self) -> tuple["LinearMap", ...]:
        """Its stacked maps, in the order of the rows."""
        rows = self.neurons // self.gates
        return tuple(replace(self, name=f"{self.name}.{i}", neurons=rows, gates=1) for i in range(self.gates))

    @property
    def columns(self) -> int:
        """Number of weights of a neuron, its bias included."""
        return self.inputs + self.bias

    @property
    def weights(self) -> int:
        """Number of weights, biases included."""
        return self.neurons * self.columns


@dataclass(frozen=True)
class Place:
    """The parameters of one linear map.

    Attributes:
        weight: name of the parameter with the map's inputs.
        shape: of that parameter.
        bias: name of the bias; empty without one.
        twins: further names of the same parameters, by name.
    """

    weight: str
    shape: tuple[int, ...]
    bias: str = ""
    twins: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Place":
        """From plain data, as `dataclasses.asdict` and JSON give it."""
        twins = tuple((twin, name) for twin, name in plain["twins"])
        return cls(plain["weight"], tuple(plain["shape"]), plain["bias"], twins)


@dataclass(frozen=True)
class Slots:
    """Rows or columns of a linear map that belong to a group's units.

    Attributes:
        layer: the map's name.
        side: 'rows' (the units' incoming weights and biases) or 'columns' (the weights that read them).
        start: first row or column.
        flips: whether the rows or columns change sign with the unit.
        block: rows or columns of each unit; unit j has those from start + j · block on.
    """

    layer: str
    side: str
    start: int
    flips: bool
    block: int = 1


@dataclass(frozen=True)
class HiddenUnits:
    """Interchangeable hidden units: their order does not change the network's function.

    Units with slots that flip are odd: their signs do not change it either.

    Attributes:
        count: number of units.
        slots: all rows and columns of the units.
        inner: for each unit the groups of interchangeable units inside it, if it has any; the same groups in each.
        spectral: whether units are matched by the singular values of their rows, which the order of other units does
            not change, instead of entry by entry.
    """

    count: int
    slots: tuple[Slots, ...]
    inner: tuple[tuple["HiddenUnits", ...], ...] = ()
    spectral: bool = False
