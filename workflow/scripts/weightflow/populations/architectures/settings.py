"""Settings of classifiers."""

from typing import Annotated

from pydantic import Field

from weightflow.populations.architectures.registry import ACTIVATIONS, ARCHITECTURES
from weightflow.settings import Many, NameIn, Settings

Size = Annotated[int, Field(ge=1, le=65_536)]
Side = Annotated[int, Field(ge=1, le=64)]
Depth = Annotated[int, Field(ge=1, le=1024)]


class ArchitectureSettings(Settings):
    """The networks.

    cnn, lenet5, resnet18, resnet20 and vit read images; an mlp flattens them. gru and transformer are the backbones;
    they read states and have the keys of a model's backbone.
    """

    kind: Annotated[str, NameIn(ARCHITECTURES)] = "mlp"
    """Kind of network."""
    activation: Annotated[str, NameIn(ACTIVATIONS)] = "relu"
    """Activation of mlp, cnn and lenet5."""
    widths: Many[Size] = (16,)
    """Units of the hidden dense layers (mlp, cnn)."""
    channels: Annotated[Many[Size], Field(min_length=1)] = (8, 6, 4)
    """Channels of the convolutions (cnn)."""
    kernels: Annotated[Many[Side], Field(min_length=1)] = (5, 5, 2)
    """Kernel size of each convolution (cnn)."""
    pools: Annotated[Many[Side], Field(min_length=1)] = (2, 2, 1)
    """Window size of the max pooling after each convolution, 1 for none (cnn)."""
    patch: Annotated[int, Field(ge=1, le=4096)] = 4
    """Patch size (vit)."""
    hidden: Size = 32
    """Hidden size of a gru, width of a transformer or vit."""
    layers: Depth = 2
    """Number of stacked GRU layers, or of blocks of a transformer or vit."""
    heads: Depth = 4
    """Attention heads of a transformer or vit; they must divide the width."""
    feedforward: Annotated[int, Field(ge=1, le=16)] = 2
    """Hidden units of each block's feed-forward layer, as a multiple of the width (transformer, vit)."""
    position: bool = True
    """Whether the index of the predicted variable is an input (gru, transformer)."""
