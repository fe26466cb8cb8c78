"""The registry's facts about architectures and activations are true of them."""

import pytest
import torch

from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.registry import ACTIVATIONS, ARCHITECTURES
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import pool

SHAPES = {"tables": (4,), "images": (1, 28, 28), "states": (4,)}


class Asked:
    """Settings that know which of them were asked for."""

    def __init__(self, settings: ArchitectureSettings):
        self.settings, self.asked = settings, set()

    def __getattr__(self, name: str):
        self.asked.add(name)
        return getattr(self.settings, name)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_an_architecture_uses_its_keys_and_no_others(kind):
    settings = Asked(ArchitectureSettings(kind=kind))
    make_classifier(settings, SHAPES[ARCHITECTURES[kind].reads], 3)
    assert settings.asked == {"kind", *ARCHITECTURES[kind].keys}


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_batch_norms_and_dropout_are_those_of_the_classifier(kind):
    known = ARCHITECTURES[kind]
    classifier = make_classifier(ArchitectureSettings(kind=kind), SHAPES[known.reads], 3)
    assert (bool(classifier.norms), hasattr(classifier, "with_dropout")) == (known.normed, known.drops)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_odd_activations_are_those_that_change_sign_with_their_input(name):
    values, function = torch.linspace(-3, 3, 13), ACTIVATIONS[name].function.load()
    assert torch.allclose(function(-values), -function(values)) == ACTIVATIONS[name].odd


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_increasing_activations_are_those_that_may_be_applied_after_pooling(name):
    images = 3 * torch.randn(2, 5, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    function = ACTIVATIONS[name].function.load()
    before, after = pool(function(images), 2), function(pool(images, 2))
    assert torch.allclose(before, after, rtol=1e-6) == ACTIVATIONS[name].increasing
