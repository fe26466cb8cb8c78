"""Auto-encoders encode networks independently of each other, whole or window by window."""

import numpy as np
import pytest
import torch

from tests.populations.autoencoders.zoos import CHUNKS, CLASSIFIER, SETTINGS, WIDER, curved_family, fit
from weightflow.populations.autoencoders import network as module
from weightflow.populations.autoencoders.network import (
    WeightAutoencoder,
    decode,
    encode,
    encode_all,
    reconstruct,
)
from weightflow.populations.autoencoders.tokens import Weights

KINDS = {
    "neurons": SETTINGS,
    "neurons, codes of tokens": SETTINGS.but(codes="tokens", latent=2),
    "chunks": SETTINGS.but(tokens="chunks", chunk=3),
    "chunks, codes of tokens": CHUNKS,
    "windows": CHUNKS.but(window=4, halo=1),
}


@pytest.fixture
def family(rng):
    return curved_family(rng)


def made(settings, *zoos: Weights) -> WeightAutoencoder:
    torch.manual_seed(0)
    return WeightAutoencoder(zoos, settings).eval()


@pytest.fixture(params=KINDS)
def network(request, family):
    return made(KINDS[request.param], Weights(CLASSIFIER.layers, family))


def test_codes_are_of_the_network_or_of_its_tokens(network, family):
    settings = network.settings
    tokens = {"neurons": 4 + 2, "chunks": 4 * 2 + 2 * 2}[settings.tokens]
    size = settings.latent * (tokens if settings.codes == "tokens" else 1)
    assert network.maps.count(0) == tokens
    assert encode(network, family).shape == (200, size)
    assert encode_all(network, family.reshape(50, 4, -1)).shape == (50, 4, size)
    assert decode(network, np.zeros((3, size))).shape == (3, family.shape[1])
    assert network.project(torch.zeros(3, size)).shape == (3, settings.latent)


def test_networks_in_a_batch_do_not_influence_each_other(network, family):
    together = encode(network, family)
    alone = np.concatenate([encode(network, own[None]) for own in family[:5]])
    np.testing.assert_allclose(together[:5], alone, atol=1e-5)
    decoded = decode(network, together)
    single = np.concatenate([decode(network, own[None]) for own in together[:5]])
    np.testing.assert_allclose(decoded[:5], single, atol=1e-5)
    np.testing.assert_allclose(reconstruct(network, family), decoded, atol=1e-6)


def test_nor_do_they_while_it_is_fitted(network, family):
    network.train()
    weights = torch.as_tensor(family[:3])
    moved = torch.autograd.functional.jacobian(lambda w: network.decode(network.encode(w)).sum(1), weights)
    size = moved.abs().sum(-1)
    assert (size.diagonal() > 0).all()
    assert not (size - torch.diag(size.diagonal())).any()


def test_many_networks_are_taken_a_few_at_a_time(network, family, monkeypatch):
    whole = encode(network, family), reconstruct(network, family)
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    parts = encode(network, family), reconstruct(network, family)
    for one, two in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_weights_that_never_vary_are_decoded_as_they_are(family):
    family[:, :5] = 7.0
    family[:, -10:] = 3.0  # the whole of the last map
    found = reconstruct(fit(family).network, family)
    np.testing.assert_allclose(found[:, -10:], 3.0, atol=1e-3)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("halo", [12, 100])
@pytest.mark.parametrize("window", [1, 4, 5, 12, 50])
def test_windows_whose_halo_is_the_whole_network_change_nothing(family, window, halo):
    own = Weights(CLASSIFIER.layers, family)
    whole, parts = made(CHUNKS, own), made(CHUNKS.but(window=window, halo=halo), own)
    np.testing.assert_allclose(encode(parts, family), encode(whole, family), atol=1e-5)
    np.testing.assert_allclose(reconstruct(parts, family), reconstruct(whole, family), atol=1e-5)


@pytest.mark.parametrize("halo", [0, 2])
def test_a_token_is_read_with_its_window_and_halo_alone(family, halo):
    """Tokens 4, …, 7 of 12 are the second window."""
    network = made(CHUNKS.but(window=4, halo=halo), Weights(CLASSIFIER.layers, family))
    weights = torch.as_tensor(family[:1])
    reached = torch.autograd.functional.jacobian(lambda w: network.encode(w)[0], weights)[:, 0]
    by_token = reached.unflatten(0, (12, 2)).abs().sum(1)  # (tokens of codes, P)
    owners = network.maps.owners(0)
    near = [int(own) for own in owners[by_token[4:8].sum(0) > 0].unique()]
    assert near == list(range(4 - halo, 8 + halo))
    without_halo = network.encode(weights, window=slice(4, 8)).unflatten(1, (-1, 2))
    whole = network.encode(weights).unflatten(1, (-1, 2))[:, 4:8]
    assert torch.allclose(without_halo, whole, atol=1e-6) == (halo == 0)


def test_a_window_is_decoded_from_its_own_codes(family):
    network = made(CHUNKS.but(window=4), Weights(CLASSIFIER.layers, family))
    codes, part = network.encode(torch.as_tensor(family)), slice(4, 8)
    inside = (network.maps.owners(0) >= 4) & (network.maps.owners(0) < 8)
    own = codes.unflatten(1, (-1, 2))[:, part].flatten(1)
    torch.testing.assert_close(network.decode(own, 0, part)[:, inside], network.decode(codes)[:, inside])


def test_several_architectures_have_one_auto_encoder(rng, family):
    wide = curved_family(rng, WIDER)
    network = made(CHUNKS, Weights(CLASSIFIER.layers, family), Weights(WIDER.layers, wide))
    for zoo, (own, tokens) in enumerate([(family, 12), (wide, 31)]):
        assert encode(network, own, zoo).shape == (200, 2 * tokens)
        assert reconstruct(network, own, zoo).shape == own.shape
    narrow = network.hold(Weights(CLASSIFIER.layers, family), "narrow")
    np.testing.assert_array_equal(reconstruct(network, family, narrow), reconstruct(network, family))


def test_an_architecture_that_was_held_later_is_decoded(rng, family):
    wide = curved_family(rng, WIDER)
    network = made(CHUNKS, Weights(WIDER.layers, wide))
    place = network.hold(Weights(CLASSIFIER.layers, family), "narrow")
    assert reconstruct(network, family, place).shape == family.shape


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tokens": "neurons"}, "tokens of neurons are for one architecture"),
        ({"codes": "network"}, "one code for a network is for one architecture, and there are several; set codes: tok"),
    ],
)
def test_tokens_or_codes_of_one_architecture_are_not_for_several(rng, family, refused, changes, sentence):
    zoos = Weights(CLASSIFIER.layers, family), Weights(WIDER.layers, curved_family(rng, WIDER))
    with refused(sentence):
        made(CHUNKS.but(**changes), *zoos)


@pytest.mark.parametrize("kind", ["neurons", "chunks"])
def test_populations_of_one_architecture_have_one_auto_encoder(rng, family, kind):
    zoos = [Weights(CLASSIFIER.layers, family), Weights(CLASSIFIER.layers, 2 * family)]
    network = made(KINDS[kind], *zoos)
    assert reconstruct(network, family, 1).shape == family.shape


@pytest.mark.parametrize("tokens", ["neurons", "chunks"])
def test_the_mean_of_each_weight_is_known_only_where_units_have_an_order(family, tokens):
    """Views that are reconstructed have any order; then weights of a layer share their mean."""
    settings = SETTINGS.but(tokens=tokens, chunk=3)
    own = Weights(CLASSIFIER.layers, family)
    each, shared = (made(settings.but(views=views), own).maps.mean(0) for views in ("contrasted", "reconstructed"))
    np.testing.assert_allclose(each, family.mean(0), rtol=1e-4, atol=1e-6)
    assert len(shared.unique()) == len(CLASSIFIER.layers)


def test_one_code_for_a_network_holds_no_other_architecture(rng, refused):
    """Not a smaller one either, whose chunks all have codes of their positions."""
    own = Weights(WIDER.layers, curved_family(rng, WIDER))
    network = WeightAutoencoder([own], SETTINGS.but(tokens="chunks", chunk=3))
    assert network.hold(own, "own") == 0
    with refused("one code for a network is for one architecture, and narrow has another"):
        network.hold(Weights(CLASSIFIER.layers, curved_family(rng)), "narrow")
