"""The alignments of anchors, by their names in configurations."""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class Alignment:
    """How neighbouring anchors are kept comparable.

    Attributes:
        description: what it does.
        train: function from a `Training` to weights (R, K, P) and losses.
        separate: whether anchors are trained independently; only then may each have its own job or stop early.
        common_start: whether separate anchors start from one fit to all snapshots together.
        matched: whether the hidden units of trained anchors are matched to those of the previous anchor.
    """

    description: str
    train: Lazy
    separate: bool = False
    common_start: bool = False
    matched: bool = False


_INDEPENDENT = Lazy("weightflow.anchors.strategies", "independent")

ALIGNMENTS: dict[str, Alignment] = {
    "sequential": Alignment(
        "each anchor starts from the preceding one, as in the paper",
        Lazy("weightflow.anchors.strategies", "sequential"),
    ),
    "pooled": Alignment(
        "all anchors start from one fit to all snapshots together",
        Lazy("weightflow.anchors.strategies", "pooled"),
        separate=True,
        common_start=True,
    ),
    "joint": Alignment(
        "all anchors start from one fit and are trained together, with a penalty on their changes in time",
        Lazy("weightflow.anchors.strategies", "joint"),
    ),
    "rebasin": Alignment(
        "each anchor starts from its own random weights; then permutations and sign changes match its hidden units to "
        "the preceding anchor",
        _INDEPENDENT,
        separate=True,
        matched=True,
    ),
    "none": Alignment("each anchor starts from its own random weights", _INDEPENDENT, separate=True),
}
