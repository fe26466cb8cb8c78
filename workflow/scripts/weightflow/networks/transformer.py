"""The transformer backbone: causal self-attention over the variables."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.networks.autoregressive import AutoregressiveBackbone, Memory
from weightflow.networks.flat_weights import apply_linear
from weightflow.networks.heads import Head
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.networks.settings import BackboneSettings

_EPSILON = 1e-6  # of the norm


@dataclass(frozen=True)
class TransformerSize:
    """Sizes of a transformer's parts.

    Attributes:
        width: of the residual stream.
        depth: number of blocks.
        heads: of the attention in each block.
        feedforward: hidden units of the feed-forward part in each block.
    """

    width: int
    depth: int
    heads: int
    feedforward: int


class TransformerBackbone(AutoregressiveBackbone):
    """Pre-norm transformer over the variables, with a distribution at each.

    Each block adds attention and then a feed-forward part (GELU) to the residual stream, each reading it through
    a root-mean-square norm without weights of its own (Zhang & Sennrich 2019). So all weights belong to linear
    maps, and units of the stream may be reordered and flipped. Beside the variables so far, attention sees a key
    and a value of zeros (`add_zero_attn` of `torch.nn.MultiheadAttention`): without them the keys' biases would
    have no effect and drift in training.

    Args:
        variables: d.
        head: distribution of a variable given the outputs.
        size: of its parts; the heads divide the width.
        position: whether the position of the predicted variable is an input.
        order: indices of the variables in the order they are drawn; None for the data's.
    """

    def __init__(
        self,
        variables: int,
        head: Head,
        size: TransformerSize,
        position: bool = False,
        order: Sequence[int] | None = None,
    ):
        super().__init__(variables, head, position, order)
        if size.width % size.heads:
            raise ValueError(f"{size.heads} heads do not divide the width {size.width}")
        self.width, self.depth, self.heads, self.forward = size.width, size.depth, size.heads, size.feedforward
        width = self.width
        layers = [LinearMap("embed", width, self.inputs)]
        for block in range(self.depth):
            layers += [LinearMap(f"{part}{block}", width, width) for part in ("query", "key", "value", "out")]
            layers += [LinearMap(f"up{block}", self.forward, width), LinearMap(f"down{block}", width, self.forward)]
        self.layers = (*layers, LinearMap(self.readout, head.outputs, width))

    @classmethod
    def from_settings(cls, settings: BackboneSettings, order: Sequence[int], head: Head) -> "TransformerBackbone":
        """From the config's `backbone` section: `hidden`, `layers`, `heads`, `feedforward` and `position`.

        The section's `feedforward` is per unit of the width.
        """
        width = settings.width
        size = TransformerSize(width, settings.layers, settings.heads, width * settings.feedforward)
        return cls(len(order), head, size, settings.position, order)

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """Units of the residual stream; in each block, heads with the units inside them, and feed-forward units.

        Queries and keys enter only as products, and values enter linearly: both may flip. GELU is not odd.
        """
        blocks, size = range(self.depth), self.width // self.heads
        written = ["embed", *(f"{part}{block}" for block in blocks for part in ("out", "down"))]
        read = [f"{part}{block}" for block in blocks for part in ("query", "key", "value", "up")]
        stream = [Slots(name, "rows", 0, True) for name in written]
        stream += [Slots(name, "columns", 0, True) for name in (*read, self.readout)]
        groups = [HiddenUnits(self.width, tuple(stream))]
        for block in blocks:
            query, key, value = ((f"{part}{block}", "rows") for part in ("query", "key", "value"))
            out = (f"out{block}", "columns")
            inner = tuple(
                tuple(
                    HiddenUnits(size, tuple(Slots(*place, h * size, True) for place in places))
                    for places in ((query, key), (value, out))
                )
                for h in range(self.heads)
            )
            whole = tuple(Slots(*place, 0, False, block=size) for place in (query, key, value, out))
            groups.append(HiddenUnits(self.heads, whole, inner))
            forward = (Slots(f"up{block}", "rows", 0, False), Slots(f"down{block}", "columns", 0, False))
            groups.append(HiddenUnits(self.forward, forward))
        return tuple(groups)

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) uniform in ±1/√inputs, as `torch.nn.Linear` starts; output maps of blocks start smaller.

        They are scaled by 1/√(2·blocks), so that the stream's variance does not grow with the number of blocks (Radford
        et al. 2019).
        """
        size = sum(layer.weights for layer in self.layers)
        uniform = torch.rand(stack, size, generator=generator, device=generator.device)
        parts = (2 * uniform - 1).split([layer.weights for layer in self.layers], dim=1)
        return torch.cat([part * self._spread(layer) for part, layer in zip(parts, self.layers, strict=True)], dim=1)

    def _spread(self, layer: LinearMap) -> float:
        added = layer.name.startswith(("out", "down"))
        return (layer.inputs * (2 * self.depth if added else 1)) ** -0.5

    def _start(self, weights: Tensor, count: int) -> Memory:
        """Keys and values (S, N, heads, m, units) of every block: at first those of zeros."""
        shape = (len(weights), count, self.heads, 1, self.width // self.heads)
        return [weights.new_zeros(shape) for _ in range(2 * self.depth)]

    def _run(self, maps: dict[str, Tensor], inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        length, count = inputs.shape[1:3]

        def apply(name: str, values: Tensor) -> Tensor:
            return apply_linear(maps[name], values.flatten(1, 2)).unflatten(1, (length, count))

        def by_head(values: Tensor) -> Tensor:
            """(S, N, heads, n, units) of (S, n, N, width)."""
            return values.unflatten(-1, (self.heads, -1)).permute(0, 2, 3, 1, 4)

        after = []
        stream = apply("embed", inputs)
        for block in range(self.depth):
            normed = _norm(stream)
            query, key, value = (by_head(apply(f"{part}{block}", normed)) for part in ("query", "key", "value"))
            keys = torch.cat([memory[2 * block], key], dim=3)
            values = torch.cat([memory[2 * block + 1], value], dim=3)
            after += [keys, values]
            mixed = _attend(query, keys, values).permute(0, 3, 1, 2, 4).flatten(3)
            stream = stream + apply(f"out{block}", mixed)
            stream = stream + apply(f"down{block}", functional.gelu(apply(f"up{block}", _norm(stream))))
        return _norm(stream), after


def _norm(stream: Tensor) -> Tensor:
    return stream * (stream.square().mean(-1, keepdim=True) + _EPSILON).rsqrt()


def _attend(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """(…, n, units) attention of n queries (…, n, units) to m keys and values, the last n at the queries' positions."""
    new, seen = query.shape[-2], keys.shape[-2]
    scores = query @ keys.mT * query.shape[-1] ** -0.5
    if new > 1:
        future = torch.ones(new, seen, dtype=torch.bool, device=query.device).triu(seen - new + 1)
        scores = scores.masked_fill(future, -torch.inf)
    return scores.softmax(-1) @ values
