"""Hidden units in another order and with other signs: the same function, and matching finds them again."""

import dataclasses
import itertools
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from weightflow.networks.alignment import align_chain, align_to, balance, match, mean_of_aligned, permute
from weightflow.networks.count_heads import CountHead
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.heads import MixtureHead
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.networks.transformer import TransformerBackbone, TransformerSize
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms

SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="session")
def small(build):
    """A backbone of each kind, with three variables of six states."""
    return build(3, CountHead(6))


def network(backbone, seed: int) -> np.ndarray:
    return 3 * backbone.initial(1, torch.Generator().manual_seed(seed))[0].numpy()


def every(groups):
    """All groups, those inside units after these."""
    for group in groups:
        yield group
        for inner in group.inner:
            yield from every(inner)


def is_odd(group: HiddenUnits) -> bool:
    return any(slots.flips for slots in group.slots)


def shuffled(backbone, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    for group in every(backbone.symmetries):
        signs = rng.choice([-1, 1], group.count) if is_odd(group) else np.ones(group.count, int)
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
def test_order_and_signs_do_not_change_the_function(small):
    rng = np.random.default_rng(0)
    for seed in range(10):
        weights = network(small, seed)
        other = shuffled(small, weights, rng)
        assert np.abs(other - weights).max() > 0.1
        torch.testing.assert_close(log_prob(small, other), log_prob(small, weights), atol=1e-10, rtol=0)


@pytest.mark.usefixtures("_double")
def test_every_group_may_be_reordered_and_each_odd_unit_flipped_alone(small):
    weights, rng = network(small, 0), np.random.default_rng(0)
    goal = log_prob(small, weights)
    for group in every(small.symmetries):
        units = np.arange(group.count)
        moves = [(np.roll(units, 1), np.ones(group.count, int)), (rng.permutation(units), np.ones(group.count, int))]
        moves += [(units, np.where(units == unit, -1, 1)) for unit in units if is_odd(group)]
        for order, signs in moves:
            moved = permute(small.layers, group, weights, order, signs)
            torch.testing.assert_close(log_prob(small, moved), goal, atol=1e-10, rtol=0)


@pytest.mark.usefixtures("_double")
def test_the_sign_of_other_units_counts():
    """The transformer's feed-forward units pass through a GELU: flipped, they are other units."""
    backbone = TransformerBackbone(3, CountHead(6), TransformerSize(4, 1, 2, 8))
    (group,) = (group for group in every(backbone.symmetries) if group.slots[0].layer == "up0")
    odd = HiddenUnits(group.count, tuple(dataclasses.replace(slots, flips=True) for slots in group.slots))
    weights = network(backbone, 0)
    flipped = permute(backbone.layers, odd, weights, np.arange(group.count), -np.ones(group.count, int))
    assert (log_prob(backbone, flipped) - log_prob(backbone, weights)).abs().max() > 0.01


def test_hidden_units_are_declared_where_they_stand():
    """Every weight of a transformer belongs to some group, but for those of the head's biases."""
    backbone = TransformerBackbone(3, CountHead(6), TransformerSize(4, 2, 2, 8), position=True)
    size = sum(layer.weights for layer in backbone.layers)
    moved = np.zeros(size, bool)
    for group in backbone.symmetries:
        order = np.roll(np.arange(group.count), 1)
        moved |= permute(backbone.layers, group, np.arange(size), order, np.ones(group.count, int)) != np.arange(size)
    assert np.flatnonzero(~moved).tolist() == list(range(size - 6 * 5 + 4, size, 5))


NETWORKS = st.one_of(
    st.builds(partial(GRUBackbone, 3, CountHead(6), position=True), hidden=st.integers(1, 12), depth=st.integers(1, 3)),
    st.builds(
        lambda heads, units, depth: TransformerBackbone(
            3, CountHead(6), TransformerSize(heads * units, depth, heads, 2 * heads * units), position=True
        ),
        heads=st.integers(1, 4),
        units=st.integers(1, 4),
        depth=st.integers(1, 3),
    ),
)


@given(seed=SEEDS, backbone=NETWORKS)
def test_a_shuffled_network_is_put_back_exactly(seed, backbone):
    weights = network(backbone, seed % 1000)
    other = shuffled(backbone, weights, np.random.default_rng(seed))
    assert np.array_equal(match(backbone.layers, backbone.symmetries, other, weights), weights)


@given(seed=SEEDS)
def test_matching_never_moves_a_network_away(seed, small):
    rng = np.random.default_rng(seed)
    reference, weights = rng.normal(size=(2, sum(layer.weights for layer in small.layers)))
    matched = match(small.layers, small.symmetries, weights, reference)
    assert np.linalg.norm(matched - reference) <= np.linalg.norm(weights - reference) * (1 + 1e-12)
    np.testing.assert_array_equal(np.sort(np.abs(matched)), np.sort(np.abs(weights)))


def deep_gru(depth: int) -> GRUBackbone:
    return GRUBackbone(3, CountHead(6), 8, depth, position=True)


def deep_transformer(depth: int) -> TransformerBackbone:
    return TransformerBackbone(3, CountHead(6), TransformerSize(8, depth, 2, 16), position=True)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("kind", [deep_gru, deep_transformer])
def test_a_perturbed_network_is_put_back_too(kind, depth):
    backbone = kind(depth)
    rng = np.random.default_rng(0)
    for seed in range(10):
        reference = network(backbone, seed)
        perturbed = reference + 0.3 * reference.std() * rng.normal(size=reference.shape)
        other = shuffled(backbone, perturbed, rng)
        assert np.array_equal(match(backbone.layers, backbone.symmetries, other, reference), perturbed)


def test_matching_keeps_the_function(small):
    one, two = network(small, 0), network(small, 1)
    matched = match(small.layers, small.symmetries, two, one)
    assert np.linalg.norm(matched - one) < np.linalg.norm(two - one)
    states = torch.randint(6, (200, 3), generator=torch.Generator().manual_seed(1))
    both = small.log_prob(torch.from_numpy(np.stack([two, matched])), states)
    torch.testing.assert_close(both[0], both[1], atol=1e-4, rtol=0)


def test_a_chain_follows_the_first_network(small):
    rng = np.random.default_rng(0)
    first = network(small, 0)
    drift = np.cumsum(rng.normal(0, 0.02, (5, len(first))), axis=0).astype(np.float32)
    smooth = first + drift
    chain = np.stack([smooth[0], *(shuffled(small, weights, rng) for weights in smooth[1:])])
    assert np.array_equal(align_chain(small.layers, small.symmetries, chain), smooth)


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


def test_units_that_are_reordered_inside_are_recognised_by_the_best_order():
    """Heads whose units are shuffled too look like others as they stand, and like themselves once these are put back.

    Head 0 writes (4, 0 | 1) and head 1 (0, 4 | 2); swapped, and each reversed inside.
    """
    layers = (LinearMap("in", 4, 2),)
    within = tuple((HiddenUnits(2, (Slots("in", "rows", 2 * head, False),)),) for head in range(2))
    heads = HiddenUnits(2, (Slots("in", "rows", 0, False, block=2),), within)
    goal = np.array([[4, 0, 1], [0, 0, 1], [0, 4, 2], [0, 0, 2]], float)
    swapped = goal[[3, 2, 1, 0]]
    assert np.array_equal(match(layers, (heads,), swapped.ravel(), goal.ravel()), goal.ravel())


@pytest.mark.parametrize("order", [None, (2, 0, 1)])
def test_symmetries_keep_densities_of_real_values(build, order):
    backbone = build(3, MixtureHead(2, 0.1), order=order)
    weights = network(backbone, 0)
    other = shuffled(backbone, weights, np.random.default_rng(1))
    assert not np.array_equal(other, weights)
    x = torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    one, two = (backbone.log_prob(torch.from_numpy(w)[None].float(), x) for w in (weights, other))
    torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-4)
    assert np.array_equal(match(backbone.layers, backbone.symmetries, other, weights), weights)


def test_networks_are_each_matched_to_one_reference(small):
    reference, *others = (network(small, seed) for seed in range(4))
    rng = np.random.default_rng(0)
    population = np.stack([reference, shuffled(small, reference, rng), *others])
    found = align_to(small.layers, small.symmetries, population, reference)
    assert np.array_equal(found[0], reference)
    assert np.array_equal(found[1], reference)
    for one, own in zip(found, population, strict=True):
        assert np.array_equal(one, match(small.layers, small.symmetries, own, reference))
    assert np.array_equal(align_to(small.layers, small.symmetries, population[::-1], reference)[::-1], found)


def test_every_sweep_brings_a_network_nearer():
    """The seeds are some for which one sweep is not enough."""
    backbone = GRUBackbone(3, CountHead(6), hidden=4, depth=2, position=True)
    reference, *others = (network(backbone, seed) for seed in range(4))
    ends = [match(backbone.layers, backbone.symmetries, others[2], reference, sweeps) for sweeps in (0, 1, 2, 3, None)]
    assert all(later @ reference > earlier @ reference + 0.1 for earlier, later in itertools.pairwise(ends))
    once, whole = (
        align_to(backbone.layers, backbone.symmetries, np.stack(others), reference, sweeps) for sweeps in (1, None)
    )
    assert (whole @ reference > once @ reference + 0.1).all()


@pytest.mark.slow
@settings(max_examples=15)
@given(seed=SEEDS)
def test_more_sweeps_are_never_further_and_end_where_none_helps(seed, small):
    rng = np.random.default_rng(seed)
    reference, weights = rng.normal(size=(2, sum(layer.weights for layer in small.layers)))
    ends = [match(small.layers, small.symmetries, weights, reference, sweeps) for sweeps in (0, 1, 2, 3, 100, None)]
    nearness = [reference @ end for end in ends]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(nearness))
    assert np.array_equal(ends[-2], ends[-1])


def heads(count: int, block: int, stream: int) -> SimpleNamespace:
    """Heads that read a stream and are read, odd units inside them, and the stream's units."""
    layers = (LinearMap("embed", stream, 2), LinearMap("in", count * block, stream), LinearMap("out", 3, count * block))
    inner = tuple(
        (HiddenUnits(block, (Slots("in", "rows", h * block, True), Slots("out", "columns", h * block, True))),)
        for h in range(count)
    )
    whole = (Slots("in", "rows", 0, False, block), Slots("out", "columns", 0, False, block))
    flow = HiddenUnits(stream, (Slots("embed", "rows", 0, False), Slots("in", "columns", 0, False)))
    return SimpleNamespace(layers=layers, symmetries=(flow, HiddenUnits(count, whole, inner, spectral=True)))


@given(seed=SEEDS, count=st.integers(2, 5), block=st.integers(1, 3), stream=st.integers(2, 5))
def test_heads_are_known_by_singular_values_whatever_the_order_of_all_else(seed, count, block, stream):
    table, rng = heads(count, block, stream), np.random.default_rng(seed)
    goal = rng.normal(size=sum(layer.weights for layer in table.layers))
    found = match(table.layers, table.symmetries, shuffled(table, goal, rng), goal)
    assert np.array_equal(found, goal)


@given(seed=SEEDS)
def test_the_spectral_order_is_the_best_of_all(seed):
    layers = heads(4, 2, 3).layers
    group = dataclasses.replace(heads(4, 2, 3).symmetries[1], inner=())
    weights, goal = np.random.default_rng(seed).normal(size=(2, sum(layer.weights for layer in layers)))

    def values(of: np.ndarray) -> np.ndarray:
        return np.linalg.svd(of[9:41].reshape(4, 2, 4), compute_uv=False)

    best = min(
        itertools.permutations(range(4)), key=lambda order: np.square(values(weights)[list(order)] - values(goal)).sum()
    )
    expected = permute(layers, group, weights, np.array(best), np.ones(4, int))
    assert np.array_equal(match(layers, (group,), weights, goal), expected)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((6,), {"kind": "mlp", "widths": [5, 4], "activation": "leaky_relu"}),
        ((1, 12, 12), {"kind": "cnn", "channels": [3, 2, 2], "kernels": [3, 3, 2], "pools": [2, 1, 1], "widths": [5]}),
    ],
    ids=["mlp", "cnn"],
)
def test_balanced_networks_have_the_same_outputs_and_equal_norms_of_each_unit(rng, shape, kind):
    classifier = make_classifier(ArchitectureSettings(**kind), shape, 3)
    size = sum(layer.weights for layer in classifier.layers)
    weights = rng.standard_normal((4, size)).astype(np.float32) * np.exp(rng.standard_normal((4, 1)))
    weights[0, : classifier.layers[0].columns] = 0.0  # a unit that reads nothing
    weights = weights.astype(np.float32)
    balanced = balance(classifier.layers, classifier.symmetries, weights)
    assert np.abs(balanced - weights).max() > 0.1
    inputs = torch.as_tensor(rng.standard_normal((20, *shape)), dtype=torch.float32)
    before, after = (classifier.logits(torch.as_tensor(own), inputs, BatchNorms()) for own in (weights, balanced))
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-3)
    maps = split_weights(classifier.layers, torch.as_tensor(balanced))
    for group in classifier.symmetries:
        rows, columns = group.slots
        incoming = maps[rows.layer].norm(dim=-1)
        outgoing = maps[columns.layer][..., :-1].unflatten(-1, (group.count, -1)).square().sum((1, 3)).sqrt()
        torch.testing.assert_close(incoming[1:], outgoing[1:], rtol=1e-3, atol=1e-4)


def test_the_mean_of_aligned_networks_is_nearer_to_all_than_one_of_them(rng):
    classifier = make_classifier(ArchitectureSettings(widths=[6]), (4,), 3)
    hidden = network_of(classifier, rng)
    noisy = [hidden + 0.3 * rng.standard_normal(hidden.shape) for _ in range(8)]
    networks = np.stack([shuffled(classifier, own.astype(np.float32), rng) for own in noisy])
    layers, groups = classifier.layers, classifier.symmetries
    np.testing.assert_array_equal(mean_of_aligned(layers, groups, networks, networks[0], 0), networks[0])
    mean = mean_of_aligned(layers, groups, networks, networks[0], 2)
    aligned = align_to(layers, groups, networks, mean)
    np.testing.assert_allclose(mean, aligned.mean(0), atol=1e-5)
    one = align_to(layers, groups, networks, networks[0])
    assert aligned.std(0).mean() <= one.std(0).mean() + 1e-6


def network_of(classifier, rng) -> np.ndarray:
    return rng.standard_normal(sum(layer.weights for layer in classifier.layers)).astype(np.float32)
