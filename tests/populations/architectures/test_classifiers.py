"""Classifiers say what torch's own layers say with the same weights, and the same with their units in another order."""

import numpy as np
import pytest
import torch
from torch import nn

from weightflow.networks.alignment import align_to, match, permute
from weightflow.networks.layout import HiddenUnits
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.registry import ARCHITECTURES
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms

IMAGE = (3, 8, 8)
CNN = ArchitectureSettings(kind="cnn", channels=[4, 3], kernels=[3, 3], pools=[2, 1], widths=[5], activation="gelu")
SETTINGS = {
    "mlp": ArchitectureSettings(kind="mlp", widths=[6, 5], activation="tanh"),
    "mlp of rectifiers": ArchitectureSettings(kind="mlp", widths=[7], activation="relu"),
    "cnn": CNN,
    "cnn, odd": CNN.but(pools=(1, 1), activation="tanh"),
    "resnet20": ArchitectureSettings(kind="resnet20"),
    "vit": ArchitectureSettings(kind="vit", patch=4, hidden=8, layers=2, heads=2, feedforward=2),
}


@pytest.fixture(params=SETTINGS)
def classifier(request):
    return make_classifier(SETTINGS[request.param], IMAGE, 10)


def draw(classifier, stack: int = 2, seed: int = 0) -> torch.Tensor:
    """Weights that are all away from zero."""
    size = sum(layer.weights for layer in classifier.layers)
    return 0.3 * torch.randn(stack, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def inputs(count: int = 5) -> torch.Tensor:
    return torch.randn(count, *IMAGE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def logits(classifier, weights: torch.Tensor) -> torch.Tensor:
    return classifier.logits(weights, inputs(), BatchNorms())


def every(groups: tuple[HiddenUnits, ...]):
    """All groups, those inside units after these."""
    for group in groups:
        yield group
        for inner in group.inner:
            yield from every(inner)


def shuffled(classifier, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    for group in every(classifier.symmetries):
        odd = any(slots.flips for slots in group.slots)
        signs = rng.choice([-1, 1], group.count) if odd else np.ones(group.count, int)
        weights = permute(classifier.layers, group, weights, rng.permutation(group.count), signs)
    return weights


def test_networks_side_by_side_say_what_each_says_alone(classifier):
    weights = draw(classifier)
    together = logits(classifier, weights)
    assert together.shape == (2, 5, 10)
    for own, said in zip(weights, together, strict=True):
        torch.testing.assert_close(logits(classifier, own[None])[0], said)


def test_inputs_may_be_each_networks_own(classifier):
    weights, own = draw(classifier), torch.stack([inputs(), inputs().flip(0)])
    said = classifier.logits(weights, own, BatchNorms())
    torch.testing.assert_close(said[0], logits(classifier, weights)[0])
    torch.testing.assert_close(said[1].flip(0), logits(classifier, weights)[1])


def test_another_order_of_units_is_the_same_function(classifier, rng):
    weights = draw(classifier, 1).numpy()[0]
    moved = shuffled(classifier, weights, rng)
    assert np.abs(moved - weights).max() > 0.1
    before, after = (logits(classifier, torch.as_tensor(own)[None]) for own in (weights, moved))
    torch.testing.assert_close(after, before, rtol=1e-9, atol=1e-9)


def test_alignment_undoes_another_order(classifier, rng):
    weights = draw(classifier, 1).numpy()[0]
    found = match(classifier.layers, classifier.symmetries, shuffled(classifier, weights, rng), weights)
    np.testing.assert_allclose(found, weights, atol=1e-12)


def test_alignment_of_other_networks_keeps_what_they_say_and_brings_them_nearer(classifier):
    reference, *others = draw(classifier, 3).numpy()
    found = align_to(classifier.layers, classifier.symmetries, np.stack(others), reference)
    for before, after in zip(others, found, strict=True):
        torch.testing.assert_close(
            *(logits(classifier, torch.as_tensor(own)[None]) for own in (after, before)), rtol=1e-8, atol=1e-8
        )
        if not any(group.spectral for group in classifier.symmetries):  # whose order is not that of least distance
            assert np.linalg.norm(after - reference) < np.linalg.norm(before - reference)


@pytest.mark.parametrize(("kind", "seed"), [("cnn, odd", 2), ("mlp", 1)])
def test_all_sweeps_are_nearer_than_one(kind, seed):
    classifier = make_classifier(SETTINGS[kind], IMAGE, 10)
    reference, other = draw(classifier, seed=seed).numpy()
    once, whole = (match(classifier.layers, classifier.symmetries, other, reference, sweeps) for sweeps in (1, None))
    assert whole @ reference > once @ reference + 0.01


def load(module: nn.Module, linear: torch.Tensor) -> None:
    """Give a layer of torch the weights of a map (rows, columns)."""
    with torch.no_grad():
        module.weight.copy_(linear[:, : module.weight[0].numel()].reshape(module.weight.shape))
        if module.bias is not None:
            module.bias.copy_(linear[:, -1])


def test_the_sizes_of_the_literature():
    def count(kind: str, shape: tuple[int, ...], **settings) -> int:
        own = ArchitectureSettings(kind=kind, **settings)
        return sum(layer.weights for layer in make_classifier(own, shape, 10).layers)

    assert count("mlp", (1, 28, 28), widths=[32, 32], activation="relu") == 26506
    zoo = {"channels": [8, 6, 4], "kernels": [5, 5, 2], "pools": [2, 2, 1], "widths": [20], "activation": "relu"}
    assert count("cnn", (1, 28, 28), **zoo) == 2464  # the MNIST zoo of Schürholt et al.
    assert count("lenet5", (1, 28, 28), activation="relu") == 61706
    assert count("resnet20", (3, 32, 32)) == 269722 + 16 * 32 + 32 * 64 + 2 * (32 + 64)  # with projections
    assert count("resnet18", (3, 32, 32)) == 11173962


@pytest.mark.parametrize("kind", [kind for kind, own in ARCHITECTURES.items() if own.reads == "images"])
def test_images_are_asked_for(kind, refused):
    settings = next((own for own in SETTINGS.values() if own.kind == kind), ArchitectureSettings(kind=kind))
    with refused("architecture: convolutions read images"):
        make_classifier(settings, (4,), 3)
