"""The alignments of anchors, by the names that configurations give them."""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class Alignment:
    """How neighbouring anchors are kept comparable.

    Attributes:
        description: what it does.
        train: function of a `Training`, which returns weights (R, K, P) and losses.
        separate: whether each anchor is trained without the others, in a job of its own or until it has settled.
        common_start: whether separate anchors start from one fit to all snapshots together.
        matched: whether the hidden units of trained anchors are matched to those of the anchor before.
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
