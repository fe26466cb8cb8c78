"""Views of a network have the same outputs, and noise has its moments."""

import itertools

import numpy as np
import pytest
import torch

from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.autoencoders.views import disturbed, draw_views, viewed

CONVOLUTIONS = ArchitectureSettings(kind="cnn", channels=[4, 3], kernels=[3, 3], pools=[2, 1], widths=[5])


@pytest.mark.parametrize(
    ("settings", "odd"),
    [
        (ArchitectureSettings(kind="mlp", widths=[6, 5], activation="tanh"), True),
        (CONVOLUTIONS.but(activation="gelu"), False),
        (CONVOLUTIONS.but(activation="tanh"), True),
        (ArchitectureSettings(kind="resnet20"), False),
        (ArchitectureSettings(kind="vit", patch=4, hidden=8, layers=2, heads=2, feedforward=2), True),
    ],
)
def test_views_of_a_network_say_the_same(rng, settings, odd):
    classifier = make_classifier(settings, (3, 8, 8), 10)
    size = sum(layer.weights for layer in classifier.layers)
    weights = 0.3 * torch.as_tensor(rng.standard_normal((1, size)))
    places, signs = views = draw_views(classifier.layers, classifier.symmetries, 3, rng)
    assert places.shape == signs.shape == (3, size)
    assert np.isin(signs, (-1, 1)).all()
    assert (signs < 0).any() == odd
    np.testing.assert_array_equal(np.sort(places, axis=1), np.broadcast_to(np.arange(size), (3, size)))
    assert all((one != two).any() for one, two in itertools.combinations([np.arange(size), *places], 2))
    inputs = torch.as_tensor(rng.standard_normal((4, 3, 8, 8)))
    found = viewed(weights.expand(3, -1), views)
    said = classifier.logits(torch.cat([weights, found]), inputs, BatchNorms())
    for view in said[1:]:
        torch.testing.assert_close(view, said[0], rtol=1e-8, atol=1e-8)


def test_each_network_has_a_view_of_its_own():
    places, signs = np.array([[1, 0, 2], [2, 1, 0]]), np.array([[1, -1, 1], [1, 1, -1]])
    found = viewed(torch.tensor([[1.0, 2, 3], [4, 5, 6]]), (places, signs))
    assert found.tolist() == [[2, -1, 3], [6, 5, -4]]


def test_units_after_a_pooling_alone_keep_their_signs():
    """The largest of negative values is not minus the largest."""
    classifier = make_classifier(CONVOLUTIONS.but(activation="tanh"), (3, 8, 8), 10)
    flips = [group.slots[0].flips for group in classifier.symmetries]
    assert flips == [False, True, True]


@pytest.mark.parametrize("erasing", [0, 0.3])
def test_noise_has_its_deviation_and_erased_weights_their_mean(erasing):
    weights = torch.tensor([1.0, -2.0, 5.0]).expand(20_000, 3)
    mean, noise = torch.tensor([100.0, 200.0, 300.0]), torch.tensor([0.0, 0.5, 2.0])
    found = disturbed(weights, mean, noise, erasing, torch.Generator().manual_seed(0))
    erased = found == mean
    torch.testing.assert_close(erased.float().mean(0), torch.full((3,), float(erasing)), atol=0.015, rtol=0)
    for weight in range(3):
        kept = found[~erased[:, weight], weight]
        assert kept.mean().item() == pytest.approx(weights[0, weight].item(), abs=0.06)
        assert kept.std().item() == pytest.approx(noise[weight].item(), rel=0.03)


def test_without_noise_networks_stay_as_they_are(rng):
    weights = torch.as_tensor(rng.standard_normal((4, 9)))
    mean = torch.zeros(9, dtype=torch.float64)
    assert torch.equal(disturbed(weights, mean, mean, 0, torch.Generator()), weights)
