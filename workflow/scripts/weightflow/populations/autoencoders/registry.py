"""Queries, comparisons of outputs and ways of drawing networks, by their names in configs."""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class QueryKind:
    """Inputs on which the outputs of networks are compared.

    Attributes:
        description: the inputs.
        source: function of training inputs (n, …) to a function of (count, rng) to inputs (count, …).
    """

    description: str
    source: Lazy


@dataclass(frozen=True)
class Behaviour:
    """A comparison of the outputs of networks.

    Attributes:
        description: what is compared.
        loss: function of (logits (B, n, classes), logits of the originals, temperature) to a scalar.
        guess: function of (logits (B, n, classes), temperature) to the logits (1, n, classes) of the best guess for all
            B networks; its loss is the unit of the behavioural loss.
    """

    description: str
    loss: Lazy
    guess: Lazy


@dataclass(frozen=True)
class Drawing:
    """A way of drawing networks about the codes of good ones.

    Attributes:
        description: one sentence.
        draw: function of a `sampling.Codes`, the number of networks, `DrawingSettings` and a generator to networks
            (count, P).
    """

    description: str
    draw: Lazy


QUERIES: dict[str, QueryKind] = {
    "training": QueryKind("training examples", Lazy("weightflow.populations.autoencoders.queries", "examples")),
    "noise": QueryKind(
        "Gaussian noise with the mean and standard deviation of the training inputs",
        Lazy("weightflow.populations.autoencoders.queries", "noise"),
    ),
    "uniform": QueryKind(
        "uniform noise between the least and the largest number of the training inputs, of tables by column",
        Lazy("weightflow.populations.autoencoders.queries", "uniform"),
    ),
}

BEHAVIOURS: dict[str, Behaviour] = {
    "logits": Behaviour(
        "the mean squared error of logits",
        Lazy("weightflow.populations.autoencoders.behaviour", "of_logits"),
        Lazy("weightflow.populations.autoencoders.behaviour", "mean_logits"),
    ),
    "softmax": Behaviour(
        "the mean squared error of softmax probabilities",
        Lazy("weightflow.populations.autoencoders.behaviour", "of_probabilities"),
        Lazy("weightflow.populations.autoencoders.behaviour", "mean_probabilities"),
    ),
    "cross_entropy": Behaviour(
        "the cross-entropy of the originals' labels",
        Lazy("weightflow.populations.autoencoders.behaviour", "of_labels"),
        Lazy("weightflow.populations.autoencoders.behaviour", "shares_of_labels"),
    ),
    "distillation": Behaviour(
        "the divergence of softmax probabilities at a temperature (Hinton et al. 2015)",
        Lazy("weightflow.populations.autoencoders.behaviour", "of_soft_labels"),
        Lazy("weightflow.populations.autoencoders.behaviour", "mean_soft_labels"),
    ),
}

DRAWINGS: dict[str, Drawing] = {
    "plain": Drawing(
        "about the codes of the best networks", Lazy("weightflow.populations.autoencoders.sampling", "plain")
    ),
    "subsampled": Drawing(
        "the best of several times as many", Lazy("weightflow.populations.autoencoders.sampling", "subsampled")
    ),
    "bootstrapped": Drawing(
        "in rounds, each about the best networks of the one before",
        Lazy("weightflow.populations.autoencoders.sampling", "bootstrapped"),
    ),
}
