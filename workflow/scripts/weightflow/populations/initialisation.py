"""Initial weights of classifiers: PyTorch's default, or a scheme of torch.nn.init with zero biases."""

import torch
from torch import Tensor

from weightflow.networks.layout import LinearMap
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.registry import INITIALISATIONS


def initial(classifier: Classifier, stack: int, generator: torch.Generator, scheme: str) -> Tensor:
    """(stack, P) fresh weights.

    By default, backbones use their own `initial`, as anchors do. The scale after a norm is one and its shift zero;
    class and position tokens are from N(0, 0.02²), as in the original.

    Args:
        classifier: the architecture.
        stack: number of networks.
        generator: of the draws.
        scheme: a name of `INITIALISATIONS`.
    """
    if scheme == "default" and hasattr(classifier, "initial"):
        return classifier.initial(stack, generator)
    return torch.cat([_draw(layer, stack, generator, scheme).flatten(1) for layer in classifier.layers], dim=1)


def _draw(layer: LinearMap, stack: int, generator: torch.Generator, scheme: str) -> Tensor:
    shape = (stack, layer.neurons, layer.columns)
    if layer.name.startswith("norm"):
        return torch.tensor([1.0, 0.0]).expand(shape).clone()
    if layer.name in ("token", "position"):
        return 0.02 * torch.randn(shape, generator=generator)
    found = INITIALISATIONS[scheme].draw.load()(shape, layer, generator)
    if layer.bias and scheme != "default":
        found[..., -1] = 0.0
    return found


def default(shape: tuple[int, ...], layer: LinearMap, generator: torch.Generator) -> Tensor:
    """Uniform in ±1/√inputs, biases too, as `torch.nn.Linear` and `torch.nn.Conv2d`."""
    return (2 * torch.rand(shape, generator=generator) - 1) * layer.inputs**-0.5


def he(shape: tuple[int, ...], layer: LinearMap, generator: torch.Generator) -> Tensor:
    """Normal with variance 2/inputs (He et al. 2015)."""
    return torch.randn(shape, generator=generator) * (2 / layer.inputs) ** 0.5


def xavier(shape: tuple[int, ...], layer: LinearMap, generator: torch.Generator) -> Tensor:
    """Uniform with variance 2/(inputs + outputs) (Glorot & Bengio 2010), both counted over a patch."""
    return (2 * torch.rand(shape, generator=generator) - 1) * (6 / (layer.inputs + layer.neurons * layer.pixels)) ** 0.5


def uniform(shape: tuple[int, ...], layer: LinearMap, generator: torch.Generator) -> Tensor:
    """Uniform in ±0.1, for every layer."""
    return 0.1 * (2 * torch.rand(shape, generator=generator) - 1)


def normal(shape: tuple[int, ...], layer: LinearMap, generator: torch.Generator) -> Tensor:
    """Normal with standard deviation 0.1, for every layer."""
    return 0.1 * torch.randn(shape, generator=generator)
