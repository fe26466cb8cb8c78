"""Auto-encoders encode networks independently, reconstruct them, and distinguish permuted units."""

import itertools

import numpy as np
import pytest
import torch

from weightflow.errors import DivergenceError, InputError
from weightflow.populations import autoencoder
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.autoencoder import (
    WeightAutoencoder,
    behaviour_on,
    behaviour_scale,
    decode,
    draw_views,
    encode,
    fit_autoencoder,
    read_autoencoder,
    reconstruct,
    write_autoencoder,
)
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.seeding import Computation

CPU = torch.device("cpu")
SETTINGS = AutoencoderSettings(
    width=12, layers=1, heads=2, feedforward=16, latent=4, steps=4, batch=16, learning_rate=5e-3, contrastive=0
)
CLASSIFIER = make_classifier(ArchitectureSettings(kind="mlp", widths=[4], activation="relu"), (3,), 2)
SIZE = sum(layer.weights for layer in CLASSIFIER.layers)
QUERIES = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))


def behaviour(weights: torch.Tensor) -> torch.Tensor:
    return CLASSIFIER.logits(weights, QUERIES, BatchNorms())


@pytest.fixture
def family(rng):
    """Networks in a curved family of two dimensions."""
    places = rng.uniform(-1, 1, (200, 2))
    bent = np.column_stack([places, places[:, :1] * places[:, 1:]])
    return (bent @ rng.standard_normal((3, SIZE)) + rng.standard_normal(SIZE)).astype(np.float32)


def fit(weights: np.ndarray, seed: int = 0, structural: float = 1.0, **other):
    return fit_autoencoder(CLASSIFIER, weights, behaviour, SETTINGS.but(**other), structural, Computation(seed, CPU))


CONVOLUTIONS = ArchitectureSettings(kind="cnn", channels=[4, 3], kernels=[3, 3], pools=[2, 1], widths=[5])


@pytest.mark.parametrize(
    ("settings", "odd"),
    [
        (ArchitectureSettings(kind="mlp", widths=[6, 5], activation="tanh"), True),
        (CONVOLUTIONS.but(activation="gelu"), False),
        (CONVOLUTIONS.but(activation="tanh"), True),
        (ArchitectureSettings(kind="resnet20"), False),
        (ArchitectureSettings(kind="vit", patch=4, hidden=8, layers=2, heads=2, feedforward=2), True),
    ],
)
def test_views_of_a_network_say_the_same(rng, settings, odd):
    classifier = make_classifier(settings, (3, 8, 8), 10)
    size = sum(layer.weights for layer in classifier.layers)
    weights = 0.3 * torch.as_tensor(rng.standard_normal(size))
    places, signs = draw_views(classifier.layers, classifier.symmetries, 3, rng)
    assert places.shape == signs.shape == (3, size)
    assert np.isin(signs, (-1, 1)).all()
    assert (signs < 0).any() == odd
    np.testing.assert_array_equal(np.sort(places, axis=1), np.broadcast_to(np.arange(size), (3, size)))
    assert all((one != two).any() for one, two in itertools.combinations([np.arange(size), *places], 2))
    inputs = torch.as_tensor(rng.standard_normal((4, 3, 8, 8)))
    views = weights[torch.as_tensor(places)] * torch.as_tensor(signs)
    said = classifier.logits(torch.cat([weights[None], views]), inputs, BatchNorms())
    for view in said[1:]:
        torch.testing.assert_close(view, said[0], rtol=1e-8, atol=1e-8)


def test_units_after_a_pooling_alone_keep_their_signs(rng):
    """The largest of negative values is not minus the largest."""
    classifier = make_classifier(CONVOLUTIONS.but(activation="tanh"), (3, 8, 8), 10)
    flips = [group.slots[0].flips for group in classifier.symmetries]
    assert flips == [False, True, True]


def test_batch_norms_of_queries_are_those_of_training_inputs(rng):
    """So that what is compared is what the networks are judged as, whatever the queries are."""
    classifier = make_classifier(ArchitectureSettings(kind="resnet20"), (3, 8, 8), 4)
    weights = 0.2 * torch.as_tensor(rng.standard_normal((2, sum(layer.weights for layer in classifier.layers))))
    training, queries = torch.as_tensor(rng.standard_normal((2, 6, 3, 8, 8)))
    said = behaviour_on(classifier, 3 * queries, training, "softmax")(weights)
    alone = behaviour_on(classifier, 3 * queries[:1], training, "logits")(weights)
    torch.testing.assert_close(said[:, :1], alone.softmax(-1))
    norms = BatchNorms()
    classifier.logits(weights, training, norms)
    torch.testing.assert_close(alone, classifier.logits(weights, 3 * queries[:1], BatchNorms(norms.moments)))


def test_networks_in_a_batch_do_not_influence_each_other(family):
    network = fit(family).network
    together = encode(network, family)
    alone = np.concatenate([encode(network, own[None]) for own in family[:5]])
    np.testing.assert_allclose(together[:5], alone, atol=1e-5)
    decoded = decode(network, together)
    single = np.concatenate([decode(network, own[None]) for own in together[:5]])
    np.testing.assert_allclose(decoded[:5], single, atol=1e-5)
    np.testing.assert_allclose(reconstruct(network, family), decoded, atol=1e-6)


def test_nor_do_they_while_it_is_fitted(family):
    network = WeightAutoencoder(CLASSIFIER.layers, family, SETTINGS).train()
    weights = torch.as_tensor(family[:3])
    moved = torch.autograd.functional.jacobian(lambda w: network.decode(network.encode(w)).sum(1), weights)
    size = moved.abs().sum(-1)
    assert (size.diagonal() > 0).all()
    assert not (size - torch.diag(size.diagonal())).any()


def test_many_networks_are_taken_a_few_at_a_time(family, monkeypatch):
    network = fit(family).network
    whole = encode(network, family), reconstruct(network, family)
    monkeypatch.setattr(autoencoder, "_AT_ONCE", 7)
    parts = encode(network, family), reconstruct(network, family)
    assert whole[0].shape == (200, 4)
    for one, two in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.slow
def test_a_family_of_two_dimensions_is_put_together_again(family):
    """From latent vectors of two numbers, networks that it was not fitted to."""
    fitted = fit(family[:160], steps=500, latent=2, batch=32)
    unseen = family[160:]
    variance = np.square(family - family.mean(0)).mean()
    assert np.square(reconstruct(fitted.network, unseen) - unseen).mean() < 0.05 * variance
    assert fitted.losses["structural"].iloc[-1] < 0.1 * fitted.losses["structural"].iloc[0]


@pytest.mark.slow
def test_what_networks_say_can_be_the_goal(family):
    fitted = fit(family, steps=250, structural=0.0)
    losses = fitted.losses
    assert losses["behavioural"].iloc[-5:].mean() < 0.3 * losses["behavioural"].iloc[0]
    with torch.no_grad():
        wanted, said = (
            behaviour(torch.as_tensor(family)),
            behaviour(torch.as_tensor(reconstruct(fitted.network, family))),
        )
    scale = behaviour_scale(behaviour, torch.as_tensor(family))
    assert (said - wanted).square().mean() / scale < 0.4


@pytest.mark.parametrize("mixing", [0.0, 0.3, 1.0])
def test_networks_of_a_step_lie_on_the_way_to_others(rng, mixing):
    """Of networks at the corners of a simplex, shares are coordinates."""
    corners = torch.eye(400)
    found = autoencoder._drawn(corners, 300, mixing, rng)
    assert found.shape == (300, 400)
    torch.testing.assert_close(found.sum(1), torch.ones(300))
    assert ((found > 0).sum(1) <= 2).all()
    least = found.amax(1).min().item()
    assert least == pytest.approx(max(0.5, 1 - mixing), abs=0.02)
    assert ((found == 1).any(1).all()) == (mixing == 0)


def test_no_network_stands_twice_in_a_batch(rng):
    found = autoencoder._drawn(torch.eye(5), 4, 0.0, rng)
    assert len(found.unique(dim=0)) == 4
    assert len(autoencoder._drawn(torch.eye(5), 64, 0.0, rng)) == 5


@pytest.mark.slow
def test_unseen_networks_are_put_together_better_for_mixing(family):
    """Where few networks are learned."""
    error = {}
    for mixing in (0.0, 1.0):
        network = fit(family[:15], steps=300, batch=15, mixing=mixing).network
        error[mixing] = np.square(reconstruct(network, family[40:]) - family[40:]).mean()
    assert error[1.0] < 0.8 * error[0.0]


def test_views_of_one_network_come_nearer_than_others(family):
    losses = fit(family, steps=150, contrastive=1.0).losses["contrastive"]
    assert losses.iloc[-5:].mean() < 0.7 * losses.iloc[:5].mean()


def test_the_unit_of_behaviour_is_a_guess_of_the_mean(family):
    weights = torch.as_tensor(family)
    said = behaviour(weights).numpy()
    expected = np.mean([np.var(said[:, n, k]) for n in range(20) for k in range(2)])
    assert behaviour_scale(behaviour, weights) == pytest.approx(expected, rel=1e-4)
    assert behaviour_scale(behaviour, weights[:1]) > 0


@pytest.mark.parametrize(("contrastive", "structural"), [(0.0, 1.0), (0.2, 0.7), (0.5, 0.0), (1.0, 0.5)])
def test_the_loss_is_the_weighted_sum_of_its_parts(family, contrastive, structural):
    losses = fit(family, contrastive=contrastive, structural=structural).losses
    assert losses["step"].tolist() == [0, 1, 2, 3]
    recovered = structural * losses["structural"] + (1 - structural) * losses["behavioural"]
    np.testing.assert_allclose(
        losses["loss"], contrastive * losses["contrastive"] + (1 - contrastive) * recovered, rtol=1e-5
    )
    assert (losses["contrastive"] > 0).all() == (contrastive > 0)
    assert (losses["behavioural"] > 0).all() == (structural < 1)


def test_weights_that_never_vary_are_decoded_as_they_are(family):
    family[:, :5] = 7.0
    family[:, -10:] = 3.0  # the whole of the last map
    found = reconstruct(fit(family).network, family)
    np.testing.assert_allclose(found[:, -10:], 3.0, atol=1e-3)
    assert np.isfinite(found).all()


def test_the_same_seed_gives_the_same_bytes(family, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        torch.manual_seed(ord(name))
        write_autoencoder(tmp_path / name, fit(family, seed, contrastive=0.3))
    one, two, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == two
    assert one != other


def test_an_autoencoder_is_the_same_after_its_file(family, tmp_path):
    network = fit(family)
    write_autoencoder(tmp_path / "autoencoder", network, code="1")
    again = read_autoencoder(tmp_path / "autoencoder", CPU)
    assert again.layers == CLASSIFIER.layers
    np.testing.assert_array_equal(encode(again, family), encode(network.network, family))
    np.testing.assert_array_equal(reconstruct(again, family), reconstruct(network.network, family))


def test_layers_without_biases_are_read_back_too(tmp_path, rng):
    classifier = make_classifier(ArchitectureSettings(kind="resnet20"), (1, 4, 4), 3)
    weights = rng.standard_normal((3, sum(layer.weights for layer in classifier.layers))).astype(np.float32)
    network = WeightAutoencoder(classifier.layers, weights, SETTINGS).eval()
    fitted = autoencoder.Fitted(network, SETTINGS, 1.0, None)
    write_autoencoder(tmp_path / "autoencoder", fitted)
    again = read_autoencoder(tmp_path / "autoencoder", CPU)
    assert again.layers == classifier.layers
    np.testing.assert_array_equal(reconstruct(again, weights), reconstruct(network, weights))


def test_a_damaged_autoencoder_is_refused_by_name(family, tmp_path):
    write_autoencoder(tmp_path / "autoencoder", fit(family))
    (tmp_path / "autoencoder").write_bytes((tmp_path / "autoencoder").read_bytes()[:-9])
    with pytest.raises(InputError, match="autoencoder: the file is truncated"):
        read_autoencoder(tmp_path / "autoencoder", CPU)


def test_divergence_is_said(family):
    with pytest.raises(DivergenceError, match=r"the auto-encoder diverged at step \d+; lower its learning_rate"):
        fit(family, learning_rate=1e30)
