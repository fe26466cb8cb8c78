"""Hidden units in another order and with other signs: the same function, and matching finds them again."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from weightflow.alignment import align_chain, match, permute
from weightflow.gru import GRUBackbone
from weightflow.weight_graph import HiddenUnits, LinearMap, Slots

DEPTHS = [1, 2, 3]
SEEDS = st.integers(0, 2**32 - 1)


def gru(depth: int, hidden: int = 5) -> GRUBackbone:
    return GRUBackbone(variables=3, states=6, hidden=hidden, depth=depth, position=True)


def network(backbone, seed: int) -> np.ndarray:
    return 3 * backbone.initial(1, torch.Generator().manual_seed(seed))[0].numpy()


def shuffled(backbone, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    for group in backbone.symmetries:
        odd = any(slots.flips for slots in group.slots)
        signs = rng.choice([-1, 1], group.count) if odd else np.ones(group.count, int)
        weights = permute(backbone.layers, group, weights, rng.permutation(group.count), signs)
    return weights


def log_prob(backbone, weights: np.ndarray) -> torch.Tensor:
    states = torch.randint(6, (200, 3), generator=torch.Generator().manual_seed(1))
    return backbone.log_prob(torch.from_numpy(weights)[None].double(), states)


@pytest.fixture
def _double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_double")
@pytest.mark.parametrize("depth", DEPTHS)
def test_order_and_signs_do_not_change_the_function(depth):
    backbone = gru(depth)
    rng = np.random.default_rng(0)
    for seed in range(10):
        weights = network(backbone, seed)
        other = shuffled(backbone, weights, rng)
        assert np.abs(other - weights).max() > 0.1
        torch.testing.assert_close(log_prob(backbone, other), log_prob(backbone, weights), atol=1e-10, rtol=0)


@pytest.mark.parametrize("depth", DEPTHS)
def test_every_unit_may_flip_alone(depth):
    backbone = gru(depth)
    weights = network(backbone, 0)
    states = torch.randint(6, (200, 3), generator=torch.Generator().manual_seed(1))
    goal = backbone.log_prob(torch.from_numpy(weights)[None], states)
    assert len(backbone.symmetries) == depth
    for group in backbone.symmetries:
        for unit in range(group.count):
            signs = np.where(np.arange(group.count) == unit, -1, 1)
            flipped = permute(backbone.layers, group, weights, np.arange(group.count), signs)
            found = backbone.log_prob(torch.from_numpy(flipped)[None], states)
            torch.testing.assert_close(found, goal, atol=1e-5, rtol=0)


@given(seed=SEEDS, depth=st.sampled_from(DEPTHS), hidden=st.integers(1, 12))
def test_a_shuffled_network_is_put_back_exactly(seed, depth, hidden):
    backbone = gru(depth, hidden)
    weights = network(backbone, seed % 1000)
    other = shuffled(backbone, weights, np.random.default_rng(seed))
    assert np.array_equal(match(backbone.layers, backbone.symmetries, other, weights), weights)


@given(seed=SEEDS, depth=st.sampled_from(DEPTHS))
def test_matching_never_moves_a_network_away(seed, depth):
    backbone = gru(depth)
    rng = np.random.default_rng(seed)
    reference, weights = rng.normal(size=(2, sum(layer.weights for layer in backbone.layers)))
    matched = match(backbone.layers, backbone.symmetries, weights, reference)
    assert np.linalg.norm(matched - reference) <= np.linalg.norm(weights - reference) * (1 + 1e-12)
    np.testing.assert_array_equal(np.sort(np.abs(matched)), np.sort(np.abs(weights)))


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_perturbed_network_is_put_back_too(depth):
    backbone = gru(depth, hidden=8)
    rng = np.random.default_rng(0)
    for seed in range(10):
        reference = network(backbone, seed)
        perturbed = reference + 0.3 * reference.std() * rng.normal(size=reference.shape)
        other = shuffled(backbone, perturbed, rng)
        assert np.array_equal(match(backbone.layers, backbone.symmetries, other, reference), perturbed)


def test_matching_keeps_the_function():
    backbone = gru(2)
    one, two = network(backbone, 0), network(backbone, 1)
    matched = match(backbone.layers, backbone.symmetries, two, one)
    assert np.linalg.norm(matched - one) < np.linalg.norm(two - one)
    states = torch.randint(6, (200, 3), generator=torch.Generator().manual_seed(1))
    both = backbone.log_prob(torch.from_numpy(np.stack([two, matched])), states)
    torch.testing.assert_close(both[0], both[1], atol=1e-5, rtol=0)


def test_a_chain_follows_the_first_network():
    backbone = gru(1)
    rng = np.random.default_rng(0)
    first = network(backbone, 0)
    drift = np.cumsum(rng.normal(0, 0.02, (5, len(first))), axis=0).astype(np.float32)
    smooth = first + drift
    chain = np.stack([smooth[0], *(shuffled(backbone, weights, rng) for weights in smooth[1:])])
    assert np.array_equal(align_chain(backbone.layers, backbone.symmetries, chain), smooth)


def test_units_of_several_rows_move_together():
    """Two heads of two channels, whose sign means something: an MLP h = W x, y = V relu(h)."""
    layers = (LinearMap("in", 4, 3), LinearMap("out", 2, 4))
    heads = HiddenUnits(2, (Slots("in", "rows", 0, False, block=2), Slots("out", "columns", 0, False, block=2)))
    weights = np.random.default_rng(0).normal(size=sum(layer.weights for layer in layers))
    swapped = permute(layers, heads, weights, np.array([1, 0]), np.ones(2, int))
    rows, columns = weights[:16].reshape(4, 4), weights[16:].reshape(2, 5)
    np.testing.assert_array_equal(swapped[:16].reshape(4, 4), rows[[2, 3, 0, 1]])
    np.testing.assert_array_equal(swapped[16:].reshape(2, 5), columns[:, [2, 3, 0, 1, 4]])
    assert np.array_equal(match(layers, (heads,), swapped, weights), weights)
    # Minus the network is not the same network here, and is not taken for it.
    assert not np.array_equal(match(layers, (heads,), -weights, weights), weights)
