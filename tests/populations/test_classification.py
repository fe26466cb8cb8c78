"""Outputs of classifiers do not depend on the chunks of inputs; moments equal those of torch's batch norms."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from weightflow.networks.flat_weights import split_weights
from weightflow.networks.layout import LinearMap
from weightflow.populations import classification
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms, convolve, dense, norm_map
from weightflow.populations.classification import accuracy, agreement, logits, measure_norms, norms_of


class Normed:
    """A convolution of four channels with a norm, rectifiers, another of three with a norm, and a dense layer."""

    layers = (
        *(LinearMap("conv0", 4, 2 * 9, bias=False), norm_map("norm-conv0", 4)),
        *(LinearMap("conv1", 3, 4 * 9, bias=False), norm_map("norm-conv1", 3)),
        LinearMap("dense", 5, 3),
    )
    symmetries = ()
    norms = {"norm-conv0": 4, "norm-conv1": 3}  # noqa: RUF012

    def logits(self, weights, inputs, norms):
        maps = split_weights(self.layers, weights)
        values = inputs.expand(len(weights), *inputs.shape)
        for name in ("conv0", "conv1"):
            values = norms(f"norm-{name}", maps[f"norm-{name}"], convolve(maps[name], values, 3)).relu()
        return dense(maps["dense"], values.mean((-2, -1)))


def as_torch(weights: torch.Tensor) -> nn.Sequential:
    """The same network of torch's layers, whose norms average over all batches that they have seen."""
    network = nn.Sequential(
        *(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4, momentum=None), nn.ReLU()),
        *(nn.Conv2d(4, 3, 3, bias=False), nn.BatchNorm2d(3, momentum=None), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5)),
    ).double()
    maps = {name: linear[0] for name, linear in split_weights(Normed.layers, weights[None]).items()}
    owners = [module for module in network if hasattr(module, "weight")]
    with torch.no_grad():
        for module, linear in zip(owners, maps.values(), strict=True):
            size = module.weight[0].numel()
            module.weight.copy_(linear[:, :size].reshape(module.weight.shape))
            if module.bias is not None:
                module.bias.copy_(linear[:, -1])
    return network


@pytest.fixture
def weights():
    size = sum(layer.weights for layer in Normed.layers)
    return torch.randn(3, size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.fixture
def inputs():
    return torch.randn(24, 2, 7, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_moments_are_the_cumulative_means_of_torchs_norms(weights, inputs, monkeypatch):
    monkeypatch.setattr(classification, "MEASURED", 8)
    moments = measure_norms(Normed(), weights, inputs)
    for own, found in zip(weights, moments, strict=True):
        network = as_torch(own).train()
        with torch.no_grad():
            for part in inputs.split(8):
                network(part)
        expected = []
        for norm, pixels in ((network[1], 25), (network[4], 9)):
            count = 8 * pixels
            expected += [norm.running_mean, norm.running_var * (count - 1) / count]  # torch corrects for small samples
        torch.testing.assert_close(found, torch.cat(expected))


def test_networks_with_moments_are_torchs_in_evaluation(weights, inputs):
    moments = measure_norms(Normed(), weights, inputs)
    said = logits(Normed(), weights, moments, inputs)
    for own, found, ours in zip(weights, moments, said, strict=True):
        network = as_torch(own).eval()
        for norm, part in ((network[1], found[:8]), (network[4], found[8:])):
            norm.running_mean, norm.running_var = part.chunk(2)
        with torch.no_grad():
            torch.testing.assert_close(ours, network(inputs))


def test_moments_of_one_batch_give_what_training_says(weights, inputs):
    moments = measure_norms(Normed(), weights, inputs)
    said = logits(Normed(), weights, moments, inputs)
    torch.testing.assert_close(said, Normed().logits(weights, inputs, BatchNorms()))


def test_a_smaller_last_batch_counts_less(weights, inputs, monkeypatch):
    monkeypatch.setattr(classification, "MEASURED", 20)
    moments = measure_norms(Normed(), weights, inputs)
    parts = [measure_norms(Normed(), weights, part) for part in (inputs[:20], inputs[20:])]
    torch.testing.assert_close(moments, (20 * parts[0] + 4 * parts[1]) / 24)


@pytest.mark.parametrize("at_once", [1, 300, 2000])
def test_neither_moments_nor_logits_depend_on_what_fits_in_memory(weights, inputs, monkeypatch, at_once):
    monkeypatch.setattr(classification, "MEASURED", 8)
    moments = measure_norms(Normed(), weights, inputs)
    said = logits(Normed(), weights, moments, inputs)
    monkeypatch.setattr(classification, "AT_ONCE", at_once)
    monkeypatch.setattr(classification, "_ON_PROCESSOR", at_once)
    torch.testing.assert_close(measure_norms(Normed(), weights, inputs), moments)
    torch.testing.assert_close(logits(Normed(), weights, moments, inputs), said)


def test_moments_of_a_network_do_not_depend_on_others(weights, inputs):
    together = measure_norms(Normed(), weights, inputs)
    alone = torch.cat([measure_norms(Normed(), own[None], inputs) for own in weights])
    torch.testing.assert_close(together, alone)


def test_norms_get_back_the_moments_that_were_measured(weights, inputs):
    norms = BatchNorms()
    Normed().logits(weights, inputs, norms)
    again = norms_of(Normed(), measure_norms(Normed(), weights, inputs))
    assert again.given
    assert again.moments.keys() == norms.moments.keys()
    for name, moments in norms.moments.items():
        torch.testing.assert_close(again.moments[name], moments)


def test_classifiers_without_norms_have_no_moments():
    classifier = make_classifier(ArchitectureSettings(kind="mlp", widths=[3], activation="tanh"), (4,), 2)
    weights, inputs = torch.randn(5, 23), torch.randn(6, 4)
    moments = measure_norms(classifier, weights, inputs)
    assert moments.shape == (5, 0)
    said = logits(classifier, weights, moments, inputs)
    torch.testing.assert_close(said, classifier.logits(weights, inputs, BatchNorms()))
    assert not said.requires_grad


def test_accuracy_and_agreement_are_counted(rng):
    said, others = torch.as_tensor(rng.standard_normal((2, 4, 30, 3)))
    labels = torch.as_tensor(rng.integers(3, size=30))
    for network in range(4):
        first, second = ([int(np.argmax(row)) for row in part[network].numpy()] for part in (said, others))
        right = sum(own == label for own, label in zip(first, labels.tolist(), strict=True))
        same = sum(own == other for own, other in zip(first, second, strict=True))
        assert accuracy(said, labels)[network].item() == pytest.approx(right / 30)
        assert agreement(said, others)[network].item() == pytest.approx(same / 30)


def test_sure_networks_are_right():
    labels = torch.tensor([2, 0, 1])
    sure = functional.one_hot(labels, 3)[None].double()
    assert accuracy(sure, labels).item() == 1
    assert agreement(sure, -sure).item() == 0
