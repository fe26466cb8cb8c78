"""Repaired mixtures: every output of a map has the mixed moments of its two networks."""

import numpy as np
import pytest
import torch

from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.repair import repaired
from weightflow.populations.samplers import mixed

KINDS = {
    "mlp": ((6,), {"kind": "mlp", "widths": [5, 4]}),
    "cnn": ((1, 8, 8), {"kind": "cnn", "channels": [3, 2, 2], "kernels": [3, 3, 2], "pools": [1, 1, 1], "widths": [5]}),
}


def networks_of(classifier, rng, count=6) -> np.ndarray:
    size = sum(layer.weights for layer in classifier.layers)
    return rng.standard_normal((count, size)).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_two_equal_networks_stay_as_they_are(rng, kind):
    shape, settings = KINDS[kind]
    classifier = make_classifier(ArchitectureSettings(**settings), shape, 3)
    weights = np.repeat(networks_of(classifier, rng, 1), 2, axis=0)
    inputs = rng.standard_normal((40, *shape)).astype(np.float32)
    made = repaired(weights, 3, rng, 0.3, classifier, inputs)
    np.testing.assert_allclose(made, np.repeat(weights[:1], 3, axis=0), atol=1e-4)


def outputs(weights: np.ndarray, inputs: np.ndarray, classifier) -> list[np.ndarray]:
    """(n, neurons) of each dense map, written plainly."""
    values, found = inputs, []
    for own in split_weights(classifier.layers, torch.as_tensor(weights)).values():
        found.append(values @ own[:, :-1].numpy().T + own[:, -1].numpy())
        values = np.maximum(found[-1], 0)
    return found


def test_outputs_have_the_mixed_mean_and_deviation(rng):
    shape, settings = KINDS["mlp"]
    classifier = make_classifier(ArchitectureSettings(**settings), shape, 3)
    weights, inputs = networks_of(classifier, rng, 2), rng.standard_normal((200, 6)).astype(np.float32)
    (made,) = repaired(weights, 1, np.random.default_rng(3), 0.25, classifier, inputs)
    (plain,) = mixed(weights, 1, np.random.default_rng(3), 0.25)
    # Which of the two is first follows from the plain mixture.
    first = int(np.abs(plain - (0.75 * weights[1] + 0.25 * weights[0])).max() < 1e-5)
    one, two = (outputs(weights[i], inputs, classifier) for i in (first, 1 - first))
    for own, a, b in zip(outputs(made, inputs, classifier), one, two, strict=True):
        varies = own.std(0) > 1e-3
        np.testing.assert_allclose(own.mean(0), 0.75 * a.mean(0) + 0.25 * b.mean(0), atol=2e-3)
        wanted = 0.75 * a.std(0) + 0.25 * b.std(0)
        np.testing.assert_allclose(own.std(0)[varies], wanted[varies], atol=2e-3)


def test_networks_with_batch_norms_are_mixed_only(rng):
    classifier = make_classifier(ArchitectureSettings(kind="resnet20"), (1, 8, 8), 3)
    weights, inputs = networks_of(classifier, rng, 3), rng.standard_normal((5, 1, 8, 8)).astype(np.float32)
    made = repaired(weights, 2, np.random.default_rng(1), 0.5, classifier, inputs)
    np.testing.assert_array_equal(made, mixed(weights, 2, np.random.default_rng(1), 0.5))


def test_outputs_of_maps_are_not_changed_otherwise(rng):
    values = torch.ones(1, 2, 3)
    assert BatchNorms().outputs("dense0", values) is values
