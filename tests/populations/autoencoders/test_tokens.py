"""Tokens hold every weight once, beside the others of its neuron, and networks of several architectures share them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.populations.autoencoders.zoos import CLASSIFIER, WIDER, curved_family, perceptron, size_of
from weightflow.networks.layout import LinearMap
from weightflow.populations.autoencoders.tokens import ChunkTokens, NeuronTokens, Weights, layer_moments

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 7), st.booleans())
TABLES = st.lists(SIZES, min_size=1, max_size=3).map(
    lambda sizes: tuple(LinearMap(f"map{number}", *own) for number, own in enumerate(sizes))
)


def drawn(layers: tuple[LinearMap, ...], count: int = 5) -> Weights:
    size = sum(layer.weights for layer in layers)
    return Weights(layers, np.random.default_rng(0).standard_normal((count, size)).astype(np.float32))


def chunks_of(own: Weights, chunk: int, each: bool = False) -> ChunkTokens:
    """Tokens as wide as chunks, with maps that change nothing and no codes of places."""
    maps = ChunkTokens([own], chunk, chunk, each)
    with torch.no_grad():
        for linear in (maps.into, maps.out_of):
            linear.weight.copy_(torch.eye(chunk))
            linear.bias.zero_()
        for codes in maps.codes:
            codes.zero_()
    return maps


@given(TABLES, st.integers(1, 9))
def test_chunks_hold_the_standardised_weights_of_a_neuron_in_their_order_then_zeros(layers, chunk):
    own = drawn(layers)
    chunk = min(chunk, own.values.shape[1])
    maps, (mean, scale) = chunks_of(own, chunk), layer_moments(own)
    expected, weights = [], iter(((torch.as_tensor(own.values) - mean) / scale).T)
    for layer in layers:
        for _ in range(layer.neurons):
            row = [next(weights) for _ in range(layer.columns)]
            for start in range(0, len(row), chunk):
                part = row[start : start + chunk]
                expected.append(torch.stack([*part, *[torch.zeros(5)] * (chunk - len(part))], dim=1))
    torch.testing.assert_close(maps.read(torch.as_tensor(own.values), 0), torch.stack(expected, dim=1))
    assert maps.count(0) == len(expected)


@given(TABLES, st.integers(1, 9), st.booleans())
def test_what_is_read_is_written_again(layers, chunk, each):
    own = drawn(layers)
    maps = chunks_of(own, min(chunk, own.values.shape[1]), each)
    weights = torch.as_tensor(own.values)
    torch.testing.assert_close(maps.write(maps.read(weights, 0), 0), weights)


@given(TABLES, st.integers(1, 9))
def test_every_weight_has_a_slot_of_its_own_and_padding_is_never_decoded(layers, chunk):
    own = drawn(layers)
    chunk, size = min(chunk, own.values.shape[1]), own.values.shape[1]
    maps = chunks_of(own, chunk)
    tokens = torch.randn(1, maps.count(0), chunk, requires_grad=True)
    reached = torch.autograd.functional.jacobian(lambda some: maps.write(some, 0)[0], tokens).flatten(1)
    assert reached.shape == (size, maps.count(0) * chunk)
    assert ((reached != 0).sum(1) == 1).all()
    assert ((reached != 0).sum(0) <= 1).all()
    token_of = reached.abs().argmax(1) // chunk
    assert torch.equal(maps.owners(0), token_of)
    padded = (maps.read(torch.as_tensor(own.values), 0) == 0).all(0).flatten()
    assert not (reached[:, padded] != 0).any()


@given(TABLES)
def test_tokens_of_neurons_own_their_incoming_weights(layers):
    own = drawn(layers)
    maps = NeuronTokens(own, 4, each=False)
    owners = [
        sum(before.neurons for before in layers[:number]) + neuron
        for number, layer in enumerate(layers)
        for neuron in range(layer.neurons)
        for _ in range(layer.columns)
    ]
    assert maps.owners(0).tolist() == owners
    assert maps.count(0) == 1 + max(owners)
    found = torch.autograd.functional.jacobian(lambda some: maps.read(some, 0)[0], torch.as_tensor(own.values[:1]))
    touched = found[:, :, 0].abs().amax(1) > 0
    for weight, owner in enumerate(owners):
        assert touched[:, weight].nonzero().flatten().tolist() == [owner]


def test_places_are_sums_of_three_codes():
    own = drawn((LinearMap("a", 2, 4), LinearMap("b", 1, 2)))
    maps = ChunkTokens([own], 6, 3, each=False)
    place, layer, inside = maps.codes
    expected = [place[i] + layer[0] + inside[i] for i in range(4)] + [place[4] + layer[1] + inside[0]]
    torch.testing.assert_close(maps.places(0), torch.stack(expected))
    assert [len(codes) for codes in maps.codes] == [5, 2, 4]


@pytest.mark.parametrize("each", [False, True])
def test_a_guess_of_the_mean_has_an_error_of_one_in_every_layer(rng, each):
    """Of tokens of both kinds: the mean of each weight, or of its layer."""
    own = Weights(CLASSIFIER.layers, curved_family(rng))
    kinds = NeuronTokens(own, 4, each), ChunkTokens([own], 4, 3, each)
    for maps in kinds:
        mean, scale = maps.mean(0).numpy(), maps.scale(0).numpy()
        start = 0
        for layer in own.layers:
            part, own_part = own.values[:, start : start + layer.weights], slice(start, start + layer.weights)
            np.testing.assert_allclose(mean[own_part], part.mean(0) if each else part.mean(), rtol=1e-4, atol=1e-6)
            assert len(np.unique(scale[own_part])) == 1
            assert np.square((part - mean[own_part]) / scale[own_part]).mean() == pytest.approx(1, rel=1e-4)
            start += layer.weights


def test_architectures_share_maps_and_codes_and_keep_their_moments(rng):
    zoos = [Weights(own.layers, curved_family(rng, own)) for own in (CLASSIFIER, WIDER)]
    maps = ChunkTokens(zoos, 5, 3, each=False)
    assert [maps.layers(zoo) for zoo in range(2)] == [CLASSIFIER.layers, WIDER.layers]
    torch.testing.assert_close(maps.places(0)[0], maps.places(1)[0])
    for zoo, own in enumerate(zoos):
        weights = torch.as_tensor(own.values)
        assert maps.write(maps.read(weights, zoo), zoo).shape == weights.shape
        torch.testing.assert_close(maps.scale(zoo), layer_moments(own)[1])


def test_a_known_architecture_is_held_as_it_was_and_a_smaller_one_is_added(rng):
    wide, narrow = (Weights(own.layers, curved_family(rng, own)) for own in (WIDER, CLASSIFIER))
    maps = ChunkTokens([wide], 5, 3, each=False)
    before = {name: value.clone() for name, value in maps.state_dict().items()}
    assert maps.hold(Weights(WIDER.layers, 5 * wide.values), "wide") == 0
    assert maps.hold(narrow, "narrow") == 1 == maps.hold(narrow, "narrow")
    torch.testing.assert_close(maps.scale(1), layer_moments(narrow)[1])
    after = maps.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert len(maps.held) == 2


def test_larger_architectures_have_no_codes_of_their_places(rng, refused):
    narrow, wide = (Weights(own.layers, curved_family(rng, own)) for own in (CLASSIFIER, WIDER))
    maps = ChunkTokens([narrow], 5, 3, each=False)
    with refused(
        "cannot hold wide, whose networks have 31 chunks, 3 layers and 15 chunks in a layer; those that it is trained "
        "on have at most 12 chunks, 2 layers and 8 chunks in a layer. Move wide from unfamiliar to zoos"
    ):
        maps.hold(wide, "wide")
    assert len(maps.held) == 1


def test_neurons_are_of_one_architecture(rng, refused):
    own = Weights(CLASSIFIER.layers, curved_family(rng))
    maps = NeuronTokens(own, 4, each=True)
    assert maps.hold(own, "own") == 0
    with refused("tokens of neurons are for one architecture, .* set tokens: chunks and codes: tokens"):
        maps.hold(Weights(WIDER.layers, curved_family(rng, WIDER)), "wide")


def test_chunks_are_not_larger_than_a_network(rng, refused):
    classifier = perceptron(1)
    own, size = Weights(classifier.layers, curved_family(rng, classifier)), size_of(classifier)
    assert ChunkTokens([own], 4, size, each=False).count(0) == 3
    with refused(f"autoencoder.chunk: chunks of {size + 1} are larger than a network, which has {size} weights"):
        ChunkTokens([own], 4, size + 1, each=False)


def test_weights_that_never_vary_have_finite_tokens(rng):
    own = Weights(CLASSIFIER.layers, np.full((4, size_of(CLASSIFIER)), 3, np.float32))
    for maps in (NeuronTokens(own, 4, each=False), ChunkTokens([own], 4, 3, each=True)):
        assert maps.read(torch.as_tensor(own.values), 0).isfinite().all()


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_the_number_of_chunks(rng, chunk):
    layers = (LinearMap("a", 40, 4), LinearMap("b", 3, 1, bias=False))
    expected = 40 * -(-5 // chunk) + 3
    assert ChunkTokens([drawn(layers)], 2, chunk, each=False).count(0) == expected
