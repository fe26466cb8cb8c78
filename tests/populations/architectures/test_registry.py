"""What the registry says of architectures and activations is so."""

import pytest
import torch

from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.registry import ACTIVATIONS, ARCHITECTURES

SHAPES = {"tables": (4,), "images": (1, 28, 28), "states": (4,)}


class Asked(dict):
    """Settings that know which of them were asked for."""

    def __init__(self, **settings):
        super().__init__(settings)
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_an_architecture_uses_its_keys_and_no_others(schema, kind):
    known = schema["$defs"]["population"]["properties"]["architecture"]["properties"]
    settings = Asked(**{name: own["default"] for name, own in known.items()} | {"kind": kind})
    make_classifier(settings, SHAPES[ARCHITECTURES[kind].reads], 3)
    assert settings.asked == {"kind", *ARCHITECTURES[kind].keys}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_odd_activations_are_those_that_change_sign_with_their_input(name):
    values, function = torch.linspace(-3, 3, 13), ACTIVATIONS[name].function.load()
    assert torch.allclose(function(-values), -function(values)) == ACTIVATIONS[name].odd
