"""Mixers, methods of the latent path, searches and terms of the loss, by their names in configurations."""

from dataclasses import dataclass
from typing import Literal

from weightflow.registry import Lazy


@dataclass(frozen=True)
class Mixer:
    """How the graph network mixes the tokens of the weight graph.

    Attributes:
        description: what it does, and what it costs.
        network: function of (settings, tokens of each layer) to a module that maps tokens (B, tokens, width) to tokens.
        keys: its own settings in the section `dynamics`, beside those of all mixers.
    """

    description: str
    network: Lazy
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class PathMethod:
    """How the anchors' weights are reduced to the latent path.

    Attributes:
        description: what it does.
        reduce: function of (weights (K, P), settings, seed, behaviour) to coordinates (K, z_dim) and rows of losses.
        decodes: whether it trains a decoder, which a behavioural loss can score.
    """

    description: str
    reduce: Lazy
    decodes: bool = False


@dataclass(frozen=True)
class Search:
    """A search for the best values of the settings that list several (`choice_options`).

    Attributes:
        description: what it does.
        choose: function of (values by setting, judge of a candidate, caution) to the choice and a row per candidate.
    """

    description: str
    choose: Lazy


@dataclass(frozen=True)
class LossTerm:
    """A term of the loss that the dynamics are fitted with.

    Attributes:
        label: of its panel in the figure of the losses.
        scale: of the panel's axis.
    """

    label: str
    scale: Literal["log", "linear"] = "log"


MIXERS: dict[str, Mixer] = {
    "attention": Mixer(
        "a transformer over all tokens, as in the paper; its cost is quadratic in their number",
        Lazy("weightflow.dynamics.mixers", "attention"),
        keys=("heads", "norm", "activation", "dropout"),
    ),
    "messages": Mixer(
        "messages between layers; its cost is linear in the number of tokens",
        Lazy("weightflow.dynamics.mixers", "messages"),
    ),
}

PATH_METHODS: dict[str, PathMethod] = {
    "pca": PathMethod("principal components", Lazy("weightflow.dynamics.reductions", "pca")),
    "autoencoder": PathMethod(
        "an auto-encoder with one hidden layer",
        Lazy("weightflow.dynamics.path_autoencoder", "autoencoder"),
        decodes=True,
    ),
    "mds": PathMethod("multidimensional scaling", Lazy("weightflow.dynamics.reductions", "mds")),
    "isomap": PathMethod(
        "multidimensional scaling of distances along nearest neighbours",
        Lazy("weightflow.dynamics.reductions", "isomap"),
    ),
}

SEARCHES: dict[str, Search] = {
    "in_turn": Search(
        "one setting at a time, with the later ones at their first value",
        Lazy("weightflow.dynamics.searches", "best_in_turn"),
    ),
    "grid": Search("all combinations", Lazy("weightflow.dynamics.searches", "best_of_all")),
}

LOSS_TERMS: dict[str, LossTerm] = {
    "structural": LossTerm("mean squared error\nof the weights"),
    "behavioural": LossTerm("negative log-likelihood\nper state (nats)", "linear"),
    "divergence": LossTerm("KL divergence from\nthe anchors (nats)"),
    "energy": LossTerm("energy of the path, λE"),
    "roughness": LossTerm("roughness over the counts"),
}
