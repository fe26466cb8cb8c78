"""References of alignment, initialisations, generators and sources of norms, by their names in configs."""

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
class Knob:
    """A number that trades accuracy of a generator's networks for distance from its training networks, as a rule.

    Attributes:
        name: what it is.
        values: on the frontier of accuracy and distance, ascending.
        usual: the value that a generator has otherwise.
    """

    name: str
    values: tuple[float, ...]
    usual: float


@dataclass(frozen=True)
class Generator:
    """A generator of networks; it has either `draw` or `learned`.

    Attributes:
        description: its distribution.
        knob: its trade of accuracy for distance.
        draw: function of (networks (N, P), count, rng, value of the knob) to (count, P).
        learned: a class as `generators.LearnedGenerator`, which is fitted first.
        section: of a population's settings, with those of a learned generator.
        reads_outputs: whether it reads the outputs of single maps. `draw` then also takes the classifier and training
            inputs (n, …), and is offered to classifiers with `tells_outputs` alone.
    """

    description: str
    knob: Knob
    draw: Lazy | None = None
    learned: Lazy | None = None
    section: str = ""
    reads_outputs: bool = False


@dataclass(frozen=True)
class NormSource:
    """Where batch norms of new networks take their moments from.

    Attributes:
        description: of the moments.
        label: behind the names of rows in tables; empty for the default.
    """

    description: str
    label: str


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

GENERATORS: dict[str, Generator] = {
    "flow": Generator(
        "flow matching over the weights",
        Knob("noise, in units of that in training", (0.5, 1.0, 1.5, 2.0), 1.0),
        learned=Lazy("weightflow.populations.weight_flow", "WeightFlow"),
        section="flow",
    ),
    "corrected": Generator(
        "midpoints of two networks with a correction that is learned from the examples",
        Knob("share of the correction", (0.25, 0.5, 0.75, 1.0), 1.0),
        learned=Lazy("weightflow.populations.correction", "Correction"),
        section="correction",
    ),
    "repaired": Generator(
        "midpoints of two networks, each hidden unit with the mean and deviation that it has in the two",
        Knob("share of the second network", (0.1, 0.2, 0.3, 0.5), 0.5),
        draw=Lazy("weightflow.populations.repair", "repaired"),
        reads_outputs=True,
    ),
    "mixed": Generator(
        "midpoints of two networks",
        Knob("share of the second network", (0.1, 0.2, 0.3, 0.5), 0.5),
        draw=Lazy("weightflow.populations.samplers", "mixed"),
    ),
    "gaussian": Generator(
        "a Gaussian with the mean and variance of each weight",
        Knob("standard deviation, in units of the networks'", (0.25, 0.5, 0.75, 1.0), 1.0),
        draw=Lazy("weightflow.populations.samplers", "gaussian"),
    ),
    "covariance": Generator(
        "a Gaussian with the mean and the covariance of the networks",
        Knob("standard deviation, in units of the networks'", (0.25, 0.5, 0.75, 1.0), 1.0),
        draw=Lazy("weightflow.populations.samplers", "covariance"),
    ),
    "kernel": Generator(
        "a Gaussian kernel density of the networks",
        Knob("bandwidth, in units of Scott's rule", (0.25, 0.5, 0.75, 1.0), 1.0),
        draw=Lazy("weightflow.populations.samplers", "kernel"),
    ),
    "jittered": Generator(
        "the networks with Gaussian noise",
        Knob("noise, in standard deviations of each weight", (0.1, 0.25, 0.5, 0.75), 0.25),
        draw=Lazy("weightflow.populations.samplers", "jittered"),
    ),
}

LEARNED = tuple(name for name, own in GENERATORS.items() if own.learned)

NORM_SOURCES: dict[str, NormSource] = {
    "training": NormSource("measured on the training inputs", ""),
    "test": NormSource(
        "an ablation, as in DeepWeightFlow's code: measured on the test inputs, which are then not unseen",
        "norms of test inputs",
    ),
    "originals": NormSource(
        "the mean moments of the trained networks, without recalibration",
        "norms of originals",
    ),
}

# Functions of (classifier, networks (S, P), task, originals (N, P)) to moments (S, Q), for each of `NORM_SOURCES`. In a
# table of their own, since reports need the labels alone.
NORM_MOMENTS: dict[str, Lazy] = {
    "training": Lazy("weightflow.populations.evaluation", "of_training"),
    "test": Lazy("weightflow.populations.evaluation", "of_test"),
    "originals": Lazy("weightflow.populations.evaluation", "of_originals"),
}
