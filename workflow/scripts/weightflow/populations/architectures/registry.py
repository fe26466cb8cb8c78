"""The architectures of classifiers and their activations, by their names in configurations."""

from dataclasses import dataclass
from typing import Literal

from weightflow.registry import Lazy


@dataclass(frozen=True)
class Architecture:
    """A kind of classifier.

    Attributes:
        description: what it is.
        model: its class, a `Classifier`.
        reads: its inputs: rows of a table (images are flattened), images, or states of a data set.
        keys: the settings of the section `architecture` that it uses.
        normed: whether it has batch norms.
        drops: whether its units may be dropped in training; it then has the method of `DropsUnits`.
    """

    description: str
    model: Lazy
    reads: Literal["tables", "images", "states"]
    keys: tuple[str, ...] = ()
    normed: bool = False
    drops: bool = False


@dataclass(frozen=True)
class Activation:
    """An activation.

    Attributes:
        function: of a tensor, number by number.
        odd: whether f(−x) = −f(x), so that a unit may change its sign.
        homogeneous: whether f(cx) = c f(x) for c > 0, so that a unit may change its scale.
        increasing: whether it never falls, so that the largest value of several is that of the largest.
    """

    function: Lazy
    odd: bool = False
    homogeneous: bool = False
    increasing: bool = False


ARCHITECTURES: dict[str, Architecture] = {
    "mlp": Architecture(
        "a multilayer perceptron",
        Lazy("weightflow.populations.architectures.mlp", "MLP"),
        "tables",
        ("widths", "activation"),
    ),
    "cnn": Architecture(
        "convolutions, then dense layers",
        Lazy("weightflow.populations.architectures.convolutional", "ConvolutionalNetwork"),
        "images",
        ("channels", "kernels", "pools", "widths", "activation"),
    ),
    "lenet5": Architecture(
        "LeNet-5",
        Lazy("weightflow.populations.architectures.convolutional", "LeNet"),
        "images",
        ("activation",),
    ),
    "resnet20": Architecture(
        "a residual network of three stages of three blocks",
        Lazy("weightflow.populations.architectures.residual_network", "ResNet20"),
        "images",
        normed=True,
    ),
    "resnet18": Architecture(
        "a residual network of four stages of two blocks",
        Lazy("weightflow.populations.architectures.residual_network", "ResNet18"),
        "images",
        normed=True,
    ),
    "vit": Architecture(
        "a small vision transformer",
        Lazy("weightflow.populations.architectures.vision_transformer", "VisionTransformer"),
        "images",
        ("patch", "hidden", "layers", "heads", "feedforward"),
        drops=True,
    ),
    "gru": Architecture(
        "the GRU backbone",
        Lazy("weightflow.populations.architectures.state_classifiers", "GRUClassifier"),
        "states",
        ("hidden", "layers", "position"),
    ),
    "transformer": Architecture(
        "the transformer backbone",
        Lazy("weightflow.populations.architectures.state_classifiers", "TransformerClassifier"),
        "states",
        ("hidden", "layers", "heads", "feedforward", "position"),
    ),
}

ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(Lazy("torch.nn.functional", "relu"), homogeneous=True, increasing=True),
    "leaky_relu": Activation(Lazy("torch.nn.functional", "leaky_relu"), homogeneous=True, increasing=True),
    "gelu": Activation(Lazy("torch.nn.functional", "gelu")),
    "silu": Activation(Lazy("torch.nn.functional", "silu")),
    "tanh": Activation(Lazy("torch", "tanh"), odd=True, increasing=True),
    "sigmoid": Activation(Lazy("torch", "sigmoid"), increasing=True),
}
