"""Parts of autoregressive networks: unbiased draws of prefixes, and distinct codes of positions."""

import pytest
import torch

from weightflow.networks.autoregressive import POSITION_CHANNELS, extend_prefixes, position_code


@pytest.mark.parametrize("variables", [1, 2, 15, 1000])
def test_every_position_has_its_own_code(variables):
    code = position_code(variables)
    assert code.shape == (variables, POSITION_CHANNELS)
    assert code.abs().max() <= 1
    apart = torch.cdist(code, code) + 10 * torch.eye(variables)
    assert apart.min() > 0.5


def test_drawn_prefixes_are_unbiased():
    joint = torch.rand(1, 5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    joint /= joint.sum()
    total = torch.zeros(15, dtype=torch.float64)
    for seed in range(4000):
        prefix, state, mass = extend_prefixes(joint, 4, torch.Generator().manual_seed(seed))
        total.index_add_(0, (3 * prefix + state)[0], mass[0])
    torch.testing.assert_close(total / 4000, joint.flatten(), rtol=0, atol=0.015)
