"""Activations by name: those that are said to be odd are, and the others are not."""

import pytest
import torch

from weightflow.populations.architectures.activations import ACTIVATIONS, ODD


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_odd_activations_are_those_that_change_sign_with_their_input(name):
    values = torch.linspace(-3, 3, 13)
    is_odd = torch.allclose(ACTIVATIONS[name](-values), -ACTIVATIONS[name](values))
    assert is_odd == (name in ODD)
