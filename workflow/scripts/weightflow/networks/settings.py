"""Settings of backbones."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from weightflow.limits import MOST_STATES
from weightflow.networks.registry import BACKBONES
from weightflow.settings import AList, ANumber, AsWritten, AText, ByShape, Common, NameIn, Seed, Settings, Unique

Width = Annotated[int, Field(ge=1, le=4096)]
Cells = Annotated[int, Field(ge=2, le=MOST_STATES)]

_WIDTHS = 8, 16, 32
_FEW_VARIABLES = 10


class BackboneSettings(Settings):
    """The density p(x | θ) at one time."""

    kind: Annotated[str, NameIn(BACKBONES)] = "gru"
    """Kind of network."""
    hidden: Annotated[
        Annotated[
            Annotated[Literal["auto"], AText]
            | Annotated[Width, ANumber]
            | Annotated[Unique[Width], Field(min_length=1), AList],
            ByShape,
        ],
        Common,
    ] = "auto"
    """Hidden size H of a gru, width of a transformer; from a list, the size with the highest likelihood on the
    validation split is chosen. auto is 8 for up to 10 variables; for more, a model that learns from states chooses from
    8, 16 and 32, and the others have 8."""
    layers: Annotated[int, Field(ge=1, le=16)] = 1
    """Number of stacked GRU layers, or of transformer blocks."""
    position: bool = True
    """Whether the index of the predicted variable is an input; the paper's network lacks it and must count. Without it
    a transformer cannot distinguish the order of the preceding variables."""
    heads: Annotated[int, Field(ge=1, le=64)] = 2
    """Attention heads of a transformer; they must divide the width. A gru has none."""
    feedforward: Annotated[int, Field(ge=1, le=16)] = 2
    """Hidden units of a transformer's feed-forward layer, as a multiple of its width; a gru has none."""
    order: Annotated[
        Annotated[Literal["sequential", "random"], AText] | Annotated[Unique[str], Field(min_length=1), AList], ByShape
    ] = "sequential"
    """Order of the variables in the autoregressive factorisation: sequential is the order of the data, random a
    permutation; a list names every variable once."""
    order_seed: Seed = 0
    """Seed of a random order, the same for all seeds of a model."""
    biases: Literal["uniform", "zero"] = "uniform"
    """Initial biases of a gru: as its weights, uniform in ±1/√H, or zero."""
    levels: Annotated[Annotated[Literal["observed"], AText] | Annotated[Cells, ANumber], ByShape] | None = None
    """Number L of counts 0 … L − 1 in one softmax for all variables, without ranges, tails and linear relations, as in
    the paper; observed takes one more than the largest observed training count. Larger counts have probability zero.
    null takes the ranges and relations of the data."""
    components: Annotated[int, Field(ge=1, le=256)] = 4
    """Gaussians in the conditional density of a real variable; not used for counts."""
    softmax_up_to: Annotated[
        Annotated[Cells, ANumber] | Annotated[Unique[Cells], Field(min_length=1), AList], ByShape
    ] = 256
    """A variable whose range has at most this many counts has a softmax over them; the others have a mixture of
    discretised logistic distributions, whose cost does not depend on the range. From a list, the value with the highest
    likelihood on the validation split is chosen."""
    narrowest: Annotated[float, Field(gt=0, le=1), AsWritten] = 0.05
    """Smallest standard deviation of these Gaussians, in units of the variable's standard deviation over all observed
    training states."""

    def widths(self, variables: int) -> tuple[int, ...]:
        """Hidden sizes to choose from for d variables; a single one leaves no choice."""
        if self.hidden == "auto":
            return _WIDTHS[:1] if variables <= _FEW_VARIABLES else _WIDTHS
        return self.hidden if isinstance(self.hidden, tuple) else (self.hidden,)

    @property
    def width(self) -> int:
        """The hidden size, without a choice.

        Raises:
            ValueError: the setting lists several sizes.
        """
        (width,) = self.widths(1)
        return width

    def chosen(self, choice: Mapping[str, float]) -> "BackboneSettings":
        """With the width and the range of the softmax of a choice."""
        return self.but(hidden=int(choice["hidden"]), softmax_up_to=int(choice["softmax_up_to"]))

    @property
    def largest_table(self) -> int:
        """The largest number of counts with a softmax.

        Raises:
            ValueError: the setting lists several.
        """
        (largest,) = self.softmax_up_to if isinstance(self.softmax_up_to, tuple) else (self.softmax_up_to,)
        return largest
