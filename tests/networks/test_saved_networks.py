"""Networks are built only for parameters of the right shape."""

import numpy as np
import pytest
import torch
from torch import nn

from weightflow.networks.saved_networks import parameters_behind, with_parameters


def network(inputs: int = 2, outputs: int = 3) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.Linear(outputs, 1))


def test_a_network_has_the_parameters_that_are_given():
    kept = network()
    again = with_parameters(network, kept.state_dict())
    x = torch.randn(5, 2)
    assert torch.equal(kept(x), again(x))


@pytest.mark.parametrize(
    "make",
    [
        lambda: network(3),
        lambda: network(2, 4),
        lambda: nn.Linear(2, 3),
        lambda: nn.Sequential(network(), nn.Linear(1, 1)),
        lambda: network(2, 10**9),  # hundreds of gigabytes, if any of it were made
    ],
)
def test_parameters_of_another_network_are_refused_before_memory_is_taken(make):
    with pytest.raises(ValueError, match="of other names or shapes"):
        with_parameters(make, network().state_dict())


def test_parameters_of_a_file_are_those_behind_their_prefix():
    tensors = {"net.weight": np.ones(2), "mean": np.zeros(3)}
    found = parameters_behind("net.", tensors)
    assert list(found) == ["weight"]
    assert torch.equal(found["weight"], torch.ones(2, dtype=torch.float64))
