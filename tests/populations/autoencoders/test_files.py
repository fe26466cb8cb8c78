"""Auto-encoders are the same after their files."""

import numpy as np
import pytest
import torch

from tests.populations.autoencoders.zoos import (
    CHUNKS,
    CLASSIFIER,
    CPU,
    SETTINGS,
    WIDER,
    curved_family,
    fit,
    zoo_of,
)
from weightflow.errors import InputError
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.autoencoders.files import read_autoencoder, write_autoencoder
from weightflow.populations.autoencoders.fitting import Fitted, fit_autoencoder
from weightflow.populations.autoencoders.network import WeightAutoencoder, encode, reconstruct
from weightflow.populations.autoencoders.settings import fit_keys
from weightflow.populations.autoencoders.tokens import Weights
from weightflow.seeding import Computation


@pytest.fixture
def family(rng):
    return curved_family(rng)


@pytest.mark.parametrize("tokens", ["neurons", "chunks"])
@pytest.mark.parametrize("codes", ["network", "tokens"])
@pytest.mark.parametrize("views", ["contrasted", "reconstructed"])
def test_an_autoencoder_is_the_same_after_its_file(family, tmp_path, tokens, codes, views):
    window = 3 if codes == "tokens" else None
    settings = SETTINGS.but(tokens=tokens, chunk=3, codes=codes, views=views, window=window)
    fitted = fit(family, settings)
    write_autoencoder(tmp_path / "autoencoder", fitted, code="1")
    again = read_autoencoder(tmp_path / "autoencoder", CPU)
    assert again.maps.layers(0) == CLASSIFIER.layers
    assert fit_keys(again.settings) == fit_keys(settings)
    assert not again.training
    np.testing.assert_array_equal(encode(again, family), encode(fitted.network, family))
    np.testing.assert_array_equal(reconstruct(again, family), reconstruct(fitted.network, family))


def test_one_of_several_architectures_is_too(rng, family, tmp_path):
    wide = curved_family(rng, WIDER)
    zoos = [zoo_of(family), zoo_of(wide, WIDER), zoo_of(2 * family)]
    fitted = fit_autoencoder(zoos, CHUNKS, 1.0, Computation(0, CPU))
    write_autoencoder(tmp_path / "autoencoder", fitted, 3)
    again = read_autoencoder(tmp_path / "autoencoder", CPU)
    for zoo, own in enumerate((family, wide, family)):
        np.testing.assert_array_equal(reconstruct(again, own, zoo), reconstruct(fitted.network, own, zoo))
    assert again.hold(Weights(WIDER.layers, wide), "wide") == 1


def test_a_later_architecture_is_not_in_the_file(rng, tmp_path):
    wide, narrow = Weights(WIDER.layers, curved_family(rng, WIDER)), Weights(CLASSIFIER.layers, curved_family(rng))
    fitted = fit_autoencoder([zoo_of(wide.values, WIDER)], CHUNKS, 1.0, Computation(0, CPU))
    write_autoencoder(tmp_path / "autoencoder", fitted)
    again = read_autoencoder(tmp_path / "autoencoder", CPU)
    places = [network.hold(narrow, "narrow") for network in (again, fitted.network)]
    assert places == [1, 1]
    found, expected = (reconstruct(network, narrow.values, 1) for network in (again, fitted.network))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("tokens", ["neurons", "chunks"])
def test_layers_without_biases_are_read_back_too(tmp_path, rng, tokens):
    classifier = make_classifier(ArchitectureSettings(kind="resnet20"), (1, 4, 4), 3)
    weights = rng.standard_normal((3, sum(layer.weights for layer in classifier.layers))).astype(np.float32)
    settings = SETTINGS.but(tokens=tokens, codes="tokens", chunk=500)
    torch.manual_seed(0)
    network = WeightAutoencoder([Weights(classifier.layers, weights)], settings).eval()
    write_autoencoder(tmp_path / "autoencoder", Fitted(network, 1.0, None))
    again = read_autoencoder(tmp_path / "autoencoder", CPU)
    assert again.maps.layers(0) == classifier.layers
    np.testing.assert_array_equal(reconstruct(again, weights), reconstruct(network, weights))


@pytest.mark.parametrize("settings", [SETTINGS, CHUNKS], ids=["neurons", "chunks"])
def test_a_damaged_autoencoder_is_refused_by_name(family, tmp_path, settings):
    write_autoencoder(tmp_path / "autoencoder", fit(family, settings))
    (tmp_path / "autoencoder").write_bytes((tmp_path / "autoencoder").read_bytes()[:-9])
    with pytest.raises(InputError, match="autoencoder: the file is truncated"):
        read_autoencoder(tmp_path / "autoencoder", CPU)
