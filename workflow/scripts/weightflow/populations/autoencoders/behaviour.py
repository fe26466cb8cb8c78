"""Behaviour of networks: their outputs on queries, and comparisons of them (Meynent et al. 2025)."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.networks import losses
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.autoencoders.registry import BEHAVIOURS
from weightflow.populations.autoencoders.settings import AutoencoderSettings

_LEAST = 1e-12  # unit of a loss
_MEASURED = 256  # networks from which the unit is measured
_TOGETHER = 32  # networks in a pass

# From weights (B, P) of networks and queries (n, …) to logits (B, n, classes).
OutputsOf = Callable[[Tensor, Tensor], Tensor]
# From logits (B, n, classes) and those of the originals to a scalar.
Comparison = Callable[[Tensor, Tensor], Tensor]


def outputs_of(classifier: Classifier, training: Tensor) -> OutputsOf:
    """The logits of a classifier's networks, as a function of their weights and of queries.

    Args:
        classifier: of the networks.
        training: (m, …) training inputs for the moments of batch norms.
    """

    def said(weights: Tensor, queries: Tensor) -> Tensor:
        norms = BatchNorms()
        if classifier.norms:
            classifier.logits(weights, training, norms)
            norms = BatchNorms(norms.moments)
        return classifier.logits(weights, queries, norms)

    return said


def comparison(settings: AutoencoderSettings) -> Comparison:
    """The behavioural loss of `outputs`, at its `temperature`."""
    loss, temperature = BEHAVIOURS[settings.outputs].loss.load(), settings.temperature
    return lambda said, wanted: loss(said, wanted, temperature)


@torch.no_grad()
def unit_of(settings: AutoencoderSettings, outputs: OutputsOf, weights: Tensor, queries: Tensor) -> float:
    """The behavioural loss of the best guess that is the same for all networks (N, P)."""
    said = torch.cat([outputs(part, queries) for part in weights[:_MEASURED].split(_TOGETHER)])
    guess = BEHAVIOURS[settings.outputs].guess.load()(said, settings.temperature)
    return max(float(comparison(settings)(guess.expand_as(said), said)), _LEAST)


def of_logits(said: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Mean squared error of logits (B, n, classes)."""
    return losses.behavioural(said, wanted)


def of_probabilities(said: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Mean squared error of the softmax of logits (B, n, classes)."""
    return losses.behavioural(said.softmax(-1), wanted.softmax(-1))


def of_labels(said: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of the labels that the originals give, in nats."""
    return functional.cross_entropy(said.flatten(0, -2), wanted.argmax(-1).flatten())


def of_soft_labels(said: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Kullback–Leibler divergence at a temperature T, in nats, times T² (Hinton, Vinyals & Dean 2015)."""
    one, two = (functional.log_softmax(own / temperature, -1) for own in (said, wanted))
    return temperature**2 * (two.exp() * (two - one)).sum(-1).mean()


def mean_logits(said: Tensor, temperature: float) -> Tensor:
    """(1, n, classes) mean of logits (B, n, classes)."""
    return said.mean(0, keepdim=True)


def mean_probabilities(said: Tensor, temperature: float) -> Tensor:
    """(1, n, classes) logits whose softmax is the mean of those of (B, n, classes)."""
    return said.log_softmax(-1).logsumexp(0, keepdim=True)


def mean_soft_labels(said: Tensor, temperature: float) -> Tensor:
    """(1, n, classes) logits whose softmax at a temperature is the mean of those of (B, n, classes)."""
    return temperature * (said / temperature).log_softmax(-1).logsumexp(0, keepdim=True)


def shares_of_labels(said: Tensor, temperature: float) -> Tensor:
    """(1, n, classes) logits whose softmax is the share of each label among the answers of (B, n, classes)."""
    answers = functional.one_hot(said.argmax(-1), said.shape[-1]).to(said.dtype)
    return answers.mean(0, keepdim=True).clamp_min(_LEAST).log()
