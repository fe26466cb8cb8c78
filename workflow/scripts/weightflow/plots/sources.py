"""Colours and markers of the sources of networks: generators, originals, random initialisations and auto-encoders.

Those of generators are not in the registry of generators, whose entries name modules that figures do not need.
"""

from typing import NamedTuple

from weightflow.plots import style
from weightflow.populations.autoencoders.source_names import BEHAVIOUR, STRUCTURE, parts_of
from weightflow.populations.metrics import SCRATCH, TRAINED


class Look(NamedTuple):
    """Colour and marker of a source."""

    colour: str
    marker: str


LOOKS = {
    "flow": Look(style.PALETTE["blue"], "x"),
    "corrected": Look(style.PALETTE["vermillion"], "*"),
    "repaired": Look(style.PALETTE["brown"], "h"),
    "mixed": Look(style.PALETTE["purple"], "P"),
    "gaussian": Look(style.PALETTE["orange"], "^"),
    "covariance": Look(style.PALETTE["grey"], "v"),
    "kernel": Look(style.PALETTE["green"], "s"),
    "jittered": Look(style.PALETTE["sky"], "D"),
    TRAINED: Look(style.BLACK, "o"),
    SCRATCH: Look(style.YELLOW, "."),
}
MARKERS = {"plain": "d", "subsampled": "<", "bootstrapped": ">"}  # of ways of drawing about codes
_AUTOENCODERS = {STRUCTURE: style.BLUE, BEHAVIOUR: style.VERMILLION}


def look_of(source: str) -> Look:
    """The look of a source, which may have a label in brackets behind its name, as the origin of its norms.

    Networks that were drawn about codes have the colour of their auto-encoder, and the marker of the way of drawing.
    """
    name = parts_of(source)
    return Look(colour_of_autoencoder(source), MARKERS[name.rest]) if name.is_drawn else LOOKS[name.autoencoder]


def colour_of_autoencoder(source: str) -> str:
    """The colour of the auto-encoder that made the networks of a source; black for originals."""
    return _AUTOENCODERS.get(parts_of(source).autoencoder, style.BLACK)
