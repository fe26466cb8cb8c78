"""How a network's weights lie in one flat vector: its linear maps, and its interchangeable hidden units.

The flat order is map by map, neuron by neuron: each neuron's incoming weights, then its bias.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class LinearMap:
    """`neurons` outputs, each with `inputs` incoming weights and, last, a bias if they have one.

    Attributes:
        name: of the map.
        neurons: outputs.
        inputs: numbers that each output reads.
        bias: whether there is one.
        pixels: number of places in the patch that a convolution reads; 1 of any other map.
    """

    name: str
    neurons: int
    inputs: int
    bias: bool = True
    pixels: int = 1

    @property
    def columns(self) -> int:
        """Number of weights of a neuron, its bias included."""
        return self.inputs + self.bias

    @property
    def weights(self) -> int:
        """Number of weights, biases included."""
        return self.neurons * self.columns


@dataclass(frozen=True)
class Slots:
    """Where the units of a group stand in a linear map.

    Attributes:
        layer: the map's name.
        side: 'rows' (the units' incoming weights and biases) or 'columns' (the weights that read them).
        start: first row or column.
        flips: whether these change sign with the unit.
        block: rows or columns of each unit; unit j has those from start + j · block on.
    """

    layer: str
    side: str
    start: int
    flips: bool
    block: int = 1


@dataclass(frozen=True)
class HiddenUnits:
    """Interchangeable hidden units: in another order the network computes the same.

    Units with slots that flip are odd: with another sign it computes the same too.

    Attributes:
        count: number of units.
        slots: everywhere they stand.
        inner: for each unit the groups of interchangeable units inside it, if it has any; the same groups in each.
        spectral: whether units that hold others are told apart by the singular values of their rows, which no order of
            any other units changes, and not entry by entry.
    """

    count: int
    slots: tuple[Slots, ...]
    inner: tuple[tuple["HiddenUnits", ...], ...] = ()
    spectral: bool = False
