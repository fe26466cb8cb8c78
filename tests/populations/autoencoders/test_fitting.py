"""Fits of auto-encoders: batches, turns of populations, what is learned, and determinism."""

import itertools

import numpy as np
import pytest
import torch

from tests.populations.autoencoders.zoos import (
    CHUNKS,
    CLASSIFIER,
    CPU,
    QUERIES,
    SETTINGS,
    WIDER,
    curved_family,
    fit,
    logits_of,
    zoo_of,
)
from weightflow.errors import DivergenceError
from weightflow.populations.autoencoders import fitting
from weightflow.populations.autoencoders.behaviour import unit_of
from weightflow.populations.autoencoders.files import write_autoencoder
from weightflow.populations.autoencoders.fitting import fit_autoencoder, split_networks
from weightflow.populations.autoencoders.network import encode, reconstruct
from weightflow.populations.autoencoders.objective import Objective, Parts
from weightflow.seeding import Computation

RICH = SETTINGS.but(contrastive=0.3, noise=0.1, erasing=0.1, mixing=0.5, cycle=0.1, penalty=0.1)
KINDS = {
    "neurons": RICH,
    "reconstructed views": RICH.but(views="reconstructed", units="first"),
    "chunks in windows": CHUNKS.but(contrastive=0.3, window=4, halo=1, outputs="distillation"),
}


@pytest.fixture
def family(rng):
    return curved_family(rng)


def relative_error(network, networks: np.ndarray) -> float:
    return np.square(reconstruct(network, networks) - networks).mean() / np.square(networks - networks.mean(0)).mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "error"),
    [(SETTINGS.but(latent=2), 0.05), (CHUNKS.but(width=16), 0.05), (CHUNKS.but(views="reconstructed"), 0.15)],
    ids=["one code", "chunks", "chunks of views"],
)
def test_a_family_of_two_dimensions_is_put_together_again(family, settings, error):
    """From few numbers, networks that it was not fitted to; of views, in any order of their units."""
    fitted = fit(family[:160], settings.but(steps=500, batch=32))
    assert relative_error(fitted.network, family[160:]) < error
    assert fitted.losses["structural"].iloc[-1] < 0.1 * fitted.losses["structural"].iloc[0]


@pytest.mark.slow
def test_what_networks_say_can_be_the_goal(family):
    fitted = fit(family, SETTINGS.but(steps=250), structural=0.0)
    losses, weights = fitted.losses, torch.as_tensor(family)
    assert losses["behavioural"].iloc[-5:].mean() < 0.3 * losses["behavioural"].iloc[0]
    wanted, said = logits_of(weights), logits_of(torch.as_tensor(reconstruct(fitted.network, family)))
    unit = unit_of(SETTINGS, lambda own, _: logits_of(own), weights, torch.as_tensor(QUERIES))
    assert (said - wanted).square().mean() / unit < 0.4


@pytest.mark.slow
def test_two_architectures_are_learned_together(rng, family):
    wide = curved_family(rng, WIDER)
    settings = CHUNKS.but(width=16, steps=1200, batch=32)
    fitted = fit_autoencoder([zoo_of(family), zoo_of(wide, WIDER)], settings, 1.0, Computation(0, CPU))
    for zoo, own in enumerate((family, wide)):
        error = np.square(reconstruct(fitted.network, own, zoo) - own).mean() / np.square(own - own.mean(0)).mean()
        assert error < 0.3


@pytest.mark.parametrize("mixing", [0.0, 0.3, 1.0])
def test_networks_of_a_step_lie_on_the_way_to_others(rng, mixing):
    """Of networks at the corners of a simplex, shares are coordinates."""
    corners = torch.eye(400)
    found = fitting._drawn(corners, 300, mixing, rng)
    assert found.shape == (300, 400)
    torch.testing.assert_close(found.sum(1), torch.ones(300))
    assert ((found > 0).sum(1) <= 2).all()
    least = found.amax(1).min().item()
    assert least == pytest.approx(max(0.5, 1 - mixing), abs=0.02)
    assert ((found == 1).any(1).all()) == (mixing == 0)


def test_no_network_stands_twice_in_a_batch(rng):
    found = fitting._drawn(torch.eye(5), 4, 0.0, rng)
    assert len(found.unique(dim=0)) == 4
    assert len(fitting._drawn(torch.eye(5), 64, 0.0, rng)) == 5


@pytest.mark.slow
def test_unseen_networks_are_put_together_better_for_mixing(family):
    """Where few networks are learned."""
    error = {}
    for mixing in (0.0, 1.0):
        network = fit(family[:15], SETTINGS.but(steps=300, batch=15, mixing=mixing)).network
        error[mixing] = np.square(reconstruct(network, family[40:]) - family[40:]).mean()
    assert error[1.0] < 0.8 * error[0.0]


def test_views_of_one_network_come_nearer_than_others(family):
    losses = fit(family, SETTINGS.but(steps=150, contrastive=1.0)).losses["contrastive"]
    assert losses.iloc[-5:].mean() < 0.7 * losses.iloc[:5].mean()


def test_populations_take_turns(rng, family, monkeypatch):
    turns, zoos = [], [zoo_of(family), zoo_of(curved_family(rng, WIDER, 7), WIDER), zoo_of(family[:9])]
    plain = Objective.__call__

    def recorded(self, weights, number):
        turns.append((number, len(weights)))
        return plain(self, weights, number)

    monkeypatch.setattr(Objective, "__call__", recorded)
    fit_autoencoder(zoos, CHUNKS.but(steps=7), 1.0, Computation(0, CPU))
    assert turns == list(itertools.islice(itertools.cycle([(0, 16), (1, 7), (2, 9)]), 7))


def test_losses_are_recorded_about_two_hundred_times(family):
    found = fit(family[:8], SETTINGS.but(steps=450, batch=4)).losses
    assert found["step"].tolist() == [*range(0, 450, 2), 449]
    assert [*found] == ["step", "loss", *Parts._fields]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(family, tmp_path, kind):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        torch.manual_seed(ord(name))
        write_autoencoder(tmp_path / name, fit(family, KINDS[kind], 0.5, seed))
    one, two, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == two
    assert one != other


def test_a_further_population_changes_no_draw_from_elsewhere(family):
    """The state of torch's own generator stays as it is."""
    torch.manual_seed(5)
    before = torch.get_rng_state()
    fit(family, RICH, 0.5)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_fit_leaves_a_network_ready_for_use(family):
    network = fit(family).network
    assert not network.training
    np.testing.assert_array_equal(encode(network, family), encode(network, family))
    assert network.maps.layers(0) == CLASSIFIER.layers


def test_divergence_is_said(family):
    with pytest.raises(DivergenceError, match=r"the auto-encoder diverged at step \d+; lower its learning_rate"):
        fit(family, SETTINGS.but(learning_rate=1e30))


def test_every_network_is_in_one_part():
    parts = split_networks(50, (0.6, 0.3), 0)
    assert [len(own) for own in parts] == [30, 15, 5]
    assert sorted(np.concatenate(parts)) == list(range(50))
    again, other = split_networks(50, (0.6, 0.3), 0), split_networks(50, (0.6, 0.3), 1)
    assert all(np.array_equal(one, two) for one, two in zip(parts, again, strict=True))
    assert set(parts.unseen) != set(other.unseen)


@pytest.mark.parametrize(("count", "shares"), [(3, (0.1, 0.5)), (4, (0.9, 0.1)), (5, (0.6, 0.05))])
def test_parts_without_networks_are_refused(refused, count, shares):
    with refused(f"autoencoder.shares: .* of the {count} networks of the population leave a part empty"):
        split_networks(count, shares, 0)
