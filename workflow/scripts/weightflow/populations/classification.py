"""Outputs of classifiers in batches, with the moments of their batch norms measured on training data."""

from typing import NamedTuple

import torch
from torch import Tensor

from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.tasks.task import Labelled

AT_ONCE = 2**24  # numbers of inputs, over all networks, in a pass on a GPU, and of those whose moments are measured
_ON_PROCESSOR = 2**20  # the same on a processor, whose caches are small
MEASURED = 500  # inputs in a batch for moments, for any number of networks


class OnDevice(NamedTuple):
    """Inputs (n, …) and their labels (n,) on a device."""

    inputs: Tensor
    labels: Tensor


def on_device(part: Labelled, device: torch.device) -> OnDevice:
    """Labelled inputs as tensors on a device."""
    return OnDevice(torch.as_tensor(part.inputs, device=device), torch.as_tensor(part.labels, device=device))


def measure_norms(classifier: Classifier, weights: Tensor, inputs: Tensor) -> Tensor:
    """(S, Q) mean and variance of each batch norm's input, means over batches of inputs (N, …).

    Generated, interpolated and decoded networks have no moments of their own, and moments of other networks are wrong.
    """
    totals = weights.new_zeros(len(weights), 2 * sum(classifier.norms.values()))
    if not classifier.norms:
        return totals
    batches = inputs.split(MEASURED)
    together = max(1, AT_ONCE // batches[0].numel())
    with torch.no_grad():
        for own, total in zip(weights.split(together), totals.split(together), strict=True):
            for part in batches:
                norms = BatchNorms()
                classifier.logits(own, part, norms)
                found = torch.cat([norms.moments[name].flatten(1) for name in classifier.norms], dim=1)
                total += found * (len(part) / len(inputs))
    return totals


def norms_of(classifier: Classifier, moments: Tensor) -> BatchNorms:
    """Batch norms with moments (S, Q), as `measure_norms` gives them."""
    sizes = [2 * channels for channels in classifier.norms.values()]
    parts = [part.unflatten(1, (2, -1)) for part in moments.split(sizes, dim=1)] if sizes else []
    return BatchNorms(dict(zip(classifier.norms, parts, strict=True)))


@torch.no_grad()
def logits(classifier: Classifier, weights: Tensor, moments: Tensor, inputs: Tensor) -> Tensor:
    """(S, N, classes) of inputs (N, …) at weights (S, P) with moments (S, Q)."""
    norms = norms_of(classifier, moments)
    return torch.cat([classifier.logits(weights, part, norms) for part in _batches(inputs, len(weights))], dim=1)


def accuracy(said: Tensor, labels: Tensor) -> Tensor:
    """(S,) share of inputs whose largest logit (S, N, classes) is their label's (N,)."""
    return (said.argmax(-1) == labels).double().mean(-1)


def agreement(said: Tensor, others: Tensor) -> Tensor:
    """(S,) share of inputs to which two networks, logits (S, N, classes) each, give the same label."""
    return (said.argmax(-1) == others.argmax(-1)).double().mean(-1)


def _batches(inputs: Tensor, networks: int) -> tuple[Tensor, ...]:
    """Inputs in parts that fit in memory for this number of networks."""
    most = _ON_PROCESSOR if inputs.device.type == "cpu" else AT_ONCE
    return inputs.split(max(1, most // (networks * inputs[0].numel())))
