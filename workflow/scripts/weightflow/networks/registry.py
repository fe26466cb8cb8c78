"""The backbones, by the names that configurations give them."""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class BackboneKind:
    """A kind of backbone.

    Attributes:
        description: short description.
        model: its class, a `networks.backbones.Backbone`.
        keys: its own settings in the section `backbone`, beside those of all backbones.
    """

    description: str
    model: Lazy
    keys: tuple[str, ...] = ()


BACKBONES: dict[str, BackboneKind] = {
    "gru": BackboneKind(
        "a recurrent network over the sequence of variables",
        Lazy("weightflow.networks.gru", "GRUBackbone"),
    ),
    "transformer": BackboneKind(
        "causal self-attention over the preceding variables",
        Lazy("weightflow.networks.transformer", "TransformerBackbone"),
        keys=("heads", "feedforward"),
    ),
}
