"""Settings of backbones."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.networks.registry import BACKBONES
from weightflow.settings import AList, ANumber, AsWritten, AText, ByShape, Common, NameIn, Seed, Settings, Unique

Width = Annotated[int, Field(ge=1, le=4096)]


class BackboneSettings(Settings):
    """The density p(x | θ) at one time."""

    kind: Annotated[str, NameIn(BACKBONES)] = "gru"
    """Kind of network."""
    hidden: Annotated[
        Annotated[Annotated[Width, ANumber] | Annotated[Unique[Width], Field(min_length=1), AList], ByShape], Common
    ] = 8
    """Hidden size H, of a transformer the width; of a list, the size with the best likelihood of the validation split
    is taken."""
    layers: Annotated[int, Field(ge=1, le=16)] = 1
    """Number of stacked GRU layers, or of the transformer's blocks."""
    position: bool = True
    """Whether the network sees which variable it predicts; the paper's does not, and has to count. A transformer
    without it cannot see in which order the variables before came."""
    heads: Annotated[int, Field(ge=1, le=64)] = 2
    """Attention heads of a transformer, which divide its width; a gru has none."""
    feedforward: Annotated[int, Field(ge=1, le=16)] = 2
    """Hidden units of a transformer's feed-forward part, as a multiple of its width; a gru has none."""
    order: Annotated[
        Annotated[Literal["sequential", "random"], AText] | Annotated[Unique[str], Field(min_length=1), AList], ByShape
    ] = "sequential"
    """Order in which the variables are drawn, each given those before it. sequential is the data's, random a
    permutation; a list names every variable once."""
    order_seed: Seed = 0
    """Seed of a random order, the same for all seeds of a model."""
    components: Annotated[int, Field(ge=1, le=256)] = 4
    """Gaussians in the conditional density of a real variable; counts have none."""
    narrowest: Annotated[float, Field(gt=0, le=1), AsWritten] = 0.05
    """Least standard deviation of these Gaussians, in units of the variable's spread over all observed training
    states."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Hidden sizes to choose from; one if there is no choice."""
        return self.hidden if isinstance(self.hidden, tuple) else (self.hidden,)

    @property
    def width(self) -> int:
        """The hidden size.

        Raises:
            ValueError: there are several to choose from.
        """
        (width,) = self.widths
        return width
