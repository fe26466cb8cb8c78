"""Names of the sources of reconstructed and drawn networks in tables: auto-encoder, what was done, batch norms."""

from typing import NamedTuple

from weightflow.populations.autoencoders.registry import DRAWINGS

STRUCTURE, BEHAVIOUR = "structure", "behaviour"  # auto-encoders without and with the behavioural loss
UNALIGNED = "unaligned"  # reconstructions of networks before alignment
ORIGINAL, RECONSTRUCTED, DRAWN = "original", "reconstructed", "drawn"  # kinds of networks in `decoded.csv`


class SourceName(NamedTuple):
    """The parts of a name such as `behaviour, plain (norms of test inputs)`.

    Attributes:
        autoencoder: structure, behaviour, or another source of networks.
        rest: behind the first comma; empty without one.
        norms: the label of other batch norms than those of training inputs; empty without one.
    """

    autoencoder: str
    rest: str
    norms: str

    @property
    def is_drawn(self) -> bool:
        """Whether the networks were drawn about codes."""
        return self.rest.rpartition(", ")[2] in DRAWINGS


def parts_of(source: str) -> SourceName:
    """The parts of the name of a source."""
    name, _, norms = source.partition(" (")
    autoencoder, _, rest = name.partition(", ")
    return SourceName(autoencoder, rest, norms.removesuffix(")"))
