"""Colours and markers of the sources of networks: generators, originals and random initialisations."""

from typing import NamedTuple

from weightflow.plots import style
from weightflow.populations.metrics import SCRATCH, TRAINED
from weightflow.populations.registry import GENERATORS


class Look(NamedTuple):
    """Colour and marker of a source."""

    colour: str
    marker: str


LOOKS = {name: Look(style.PALETTE[own.colour], own.marker) for name, own in GENERATORS.items()}
LOOKS |= {TRAINED: Look(style.BLACK, "o"), SCRATCH: Look(style.YELLOW, ".")}


def look_of(source: str) -> Look:
    """The look of a source, which may have a label in brackets behind its name, as the origin of its norms."""
    return LOOKS[source.partition(" (")[0]]
