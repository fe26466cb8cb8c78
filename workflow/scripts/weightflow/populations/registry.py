"""References of alignment, initialisations, samplers, queries and sources of norms, by their names in configs."""

from dataclasses import dataclass

from weightflow.registry import Lazy


@dataclass(frozen=True)
class Reference:
    """The network to which the others of a population are aligned.

    Attributes:
        description: which network.
        choose: function of a `Population` to the network's index.
    """

    description: str
    choose: Lazy


@dataclass(frozen=True)
class Initialisation:
    """A distribution of initial weights.

    Attributes:
        description: their distribution.
        draw: function of (shape, layer, generator) to weights of this shape, with biases in the last column.
    """

    description: str
    draw: Lazy


@dataclass(frozen=True)
class Sampler:
    """A generator of networks.

    Attributes:
        description: its distribution.
        draw: function of (networks (N, P), count, rng) to (count, P); None for a generator with its own rules.
        colour: in figures, a name of `plots.style.PALETTE`.
        marker: in figures, of matplotlib.
    """

    description: str
    draw: Lazy | None
    colour: str
    marker: str


@dataclass(frozen=True)
class QueryKind:
    """Inputs on which the outputs of networks are compared.

    Attributes:
        description: the inputs.
        draw: function of (training inputs (n, …), count, rng) to inputs.
    """

    description: str
    draw: Lazy


@dataclass(frozen=True)
class NormSource:
    """Where batch norms of new networks take their moments from.

    Attributes:
        description: of the moments.
        label: behind the names of rows in tables; empty for the default.
        moments: function of (classifier, networks (S, P), task, originals (N, P)) to moments (S, Q).
    """

    description: str
    label: str
    moments: Lazy


REFERENCES: dict[str, Reference] = {
    "best": Reference("the network with the smallest training loss", Lazy("weightflow.populations.population", "best")),
    "first": Reference("the first network", Lazy("weightflow.populations.population", "first")),
    "central": Reference(
        "the network with the smallest mean distance from the others",
        Lazy("weightflow.populations.population", "central"),
    ),
}

INITIALISATIONS: dict[str, Initialisation] = {
    "default": Initialisation(
        "PyTorch's own: uniform in ±1/√inputs, biases too", Lazy("weightflow.populations.initialisation", "default")
    ),
    "he": Initialisation("normal with variance 2/inputs", Lazy("weightflow.populations.initialisation", "he")),
    "xavier": Initialisation(
        "uniform with variance 2/(inputs + outputs)", Lazy("weightflow.populations.initialisation", "xavier")
    ),
    "uniform": Initialisation("uniform in ±0.1", Lazy("weightflow.populations.initialisation", "uniform")),
    "normal": Initialisation(
        "normal with standard deviation 0.1", Lazy("weightflow.populations.initialisation", "normal")
    ),
}

SAMPLERS: dict[str, Sampler] = {
    "flow": Sampler("flow matching over the weights", None, "blue", "x"),
    "gaussian": Sampler(
        "a Gaussian with the mean and variance of each weight",
        Lazy("weightflow.populations.samplers", "gaussian"),
        "orange",
        "^",
    ),
    "covariance": Sampler(
        "a Gaussian with the mean and the covariance of the networks",
        Lazy("weightflow.populations.samplers", "covariance"),
        "grey",
        "v",
    ),
    "kernel": Sampler(
        "a Gaussian kernel density of the networks",
        Lazy("weightflow.populations.samplers", "kernel"),
        "green",
        "s",
    ),
    "jittered": Sampler(
        "the networks with small Gaussian noise",
        Lazy("weightflow.populations.samplers", "jittered"),
        "sky",
        "D",
    ),
    "mixed": Sampler(
        "midpoints of two networks",
        Lazy("weightflow.populations.samplers", "mixed"),
        "purple",
        "P",
    ),
}

QUERIES: dict[str, QueryKind] = {
    "training": QueryKind("training examples", Lazy("weightflow.populations.queries", "examples")),
    "noise": QueryKind(
        "Gaussian noise with the mean and standard deviation of the training inputs",
        Lazy("weightflow.populations.queries", "noise"),
    ),
}

NORM_SOURCES: dict[str, NormSource] = {
    "training": NormSource(
        "measured on the training inputs", "", Lazy("weightflow.populations.evaluation", "of_training")
    ),
    "test": NormSource(
        "an ablation, as in DeepWeightFlow's code: measured on the test inputs, which are then not unseen",
        "norms of test inputs",
        Lazy("weightflow.populations.evaluation", "of_test"),
    ),
    "originals": NormSource(
        "the mean moments of the trained networks, without recalibration",
        "norms of originals",
        Lazy("weightflow.populations.evaluation", "of_originals"),
    ),
}
