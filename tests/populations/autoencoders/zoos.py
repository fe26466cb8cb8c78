"""Small networks for tests of auto-encoders."""

import numpy as np
import torch

from weightflow.populations.architectures.classifiers import Classifier, make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.autoencoders.fitting import Fitted, fit_autoencoder
from weightflow.populations.autoencoders.objective import Zoo
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.seeding import Computation

CPU = torch.device("cpu")
SETTINGS = AutoencoderSettings(
    width=12, layers=1, heads=2, feedforward=16, latent=4, steps=4, batch=16, learning_rate=5e-3, contrastive=0
)
CHUNKS = SETTINGS.but(tokens="chunks", chunk=3, codes="tokens", latent=2)
QUERIES = np.random.default_rng(0).standard_normal((20, 3)).astype(np.float32)


def perceptron(*widths: int, activation: str = "relu") -> Classifier:
    """A classifier of three inputs into two classes."""
    return make_classifier(ArchitectureSettings(kind="mlp", widths=widths, activation=activation), (3,), 2)


CLASSIFIER, WIDER = perceptron(4), perceptron(6, 5)


def size_of(classifier: Classifier) -> int:
    """Number of weights."""
    return sum(layer.weights for layer in classifier.layers)


def curved_family(rng: np.random.Generator, classifier: Classifier = CLASSIFIER, count: int = 200) -> np.ndarray:
    """(count, P) networks in a curved family of two dimensions."""
    places, size = rng.uniform(-1, 1, (count, 2)), size_of(classifier)
    bent = np.column_stack([places, places[:, :1] * places[:, 1:]])
    return (bent @ rng.standard_normal((3, size)) + rng.standard_normal(size)).astype(np.float32)


def zoo_of(weights: np.ndarray, classifier: Classifier = CLASSIFIER) -> Zoo:
    """Networks with the same queries in all steps."""
    return Zoo(classifier, classifier.symmetries, weights, lambda: QUERIES, QUERIES)


def logits_of(weights: torch.Tensor, classifier: Classifier = CLASSIFIER) -> torch.Tensor:
    """(B, n, classes) logits on the queries."""
    return classifier.logits(weights, torch.as_tensor(QUERIES), BatchNorms())


def fit(
    weights: np.ndarray, settings: AutoencoderSettings = SETTINGS, structural: float = 1.0, seed: int = 0
) -> Fitted:
    """An auto-encoder of networks of `CLASSIFIER`."""
    return fit_autoencoder([zoo_of(weights)], settings, structural, Computation(seed, CPU))
