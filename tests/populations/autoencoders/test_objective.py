"""The loss of auto-encoders is the weighted sum of its parts, each against its own formula."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tests.populations.autoencoders.zoos import (
    CHUNKS,
    CLASSIFIER,
    QUERIES,
    SETTINGS,
    WIDER,
    curved_family,
    logits_of,
    perceptron,
    zoo_of,
)
from weightflow.populations.autoencoders.behaviour import unit_of
from weightflow.populations.autoencoders.network import WeightAutoencoder
from weightflow.populations.autoencoders.objective import Draws, Objective, Parts, Zoo
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.populations.autoencoders.tokens import Weights
from weightflow.populations.autoencoders.views import disturbed, draw_views, viewed


@pytest.fixture
def family(rng):
    return curved_family(rng, count=12)


def draws() -> Draws:
    return Draws(np.random.default_rng(5), torch.Generator().manual_seed(7))


def objective(settings: AutoencoderSettings, structural: float, *zoos: Zoo) -> Objective:
    torch.manual_seed(0)
    network = WeightAutoencoder([Weights(zoo.classifier.layers, zoo.weights) for zoo in zoos], settings).eval()
    return Objective(network, list(zoos), settings, structural, draws())


def parts_of(settings: AutoencoderSettings, structural: float, family: np.ndarray) -> tuple[Tensor, Parts, Objective]:
    found = objective(settings, structural, zoo_of(family))
    return *found(torch.as_tensor(family), 0), found


def two_views(family: np.ndarray, rng: np.random.Generator) -> list[Tensor]:
    own, weights = CLASSIFIER, torch.as_tensor(family)
    return [viewed(weights, draw_views(own.layers, own.symmetries, len(family), rng)) for _ in range(2)]


def nt_xent(one: Tensor, other: Tensor, temperature: float) -> float:
    """Chen et al. (2020), pair by pair."""
    both, losses = torch.cat([one, other]), []
    for i, own in enumerate(both):
        alike = functional.cosine_similarity(own[None], both) / temperature
        partner = (i + len(one)) % len(both)
        losses.append(-alike[partner] + torch.logsumexp(torch.cat([alike[:i], alike[i + 1 :]]), 0))
    return torch.stack(losses).mean().item()


@pytest.mark.parametrize("changes", [{}, {"units": "first"}, {"views": "reconstructed"}, {"cycle": 0.4, "penalty": 2}])
@pytest.mark.parametrize(("contrastive", "structural"), [(0.0, 1.0), (0.2, 0.7), (0.5, 0.0)])
def test_the_loss_is_the_weighted_sum_of_its_parts(family, changes, contrastive, structural):
    settings = SETTINGS.but(contrastive=contrastive, **changes)
    loss, parts, _ = parts_of(settings, structural, family)
    recovered = structural * parts.structural + (1 - structural) * parts.behavioural
    expected = contrastive * parts.contrastive + (1 - contrastive) * recovered
    torch.testing.assert_close(loss, expected + settings.cycle * parts.cycle + settings.penalty * parts.penalty)
    there = {
        "contrastive": contrastive,
        "structural": True,
        "behavioural": structural < 1,
        "cycle": settings.cycle,
        "penalty": settings.penalty,
    }
    assert {name: bool(part > 0) for name, part in parts._asdict().items()} == {k: bool(v) for k, v in there.items()}


@torch.no_grad()
@pytest.mark.parametrize("settings", [SETTINGS, CHUNKS], ids=["neurons", "chunks"])
def test_weights_and_outputs_are_compared_in_units_of_their_variance(family, settings):
    _, parts, own = parts_of(settings, 0.5, family)
    weights = torch.as_tensor(family)
    decoded = own.network.decode(own.network.encode(weights))
    error = ((decoded - weights) / own.network.maps.scale(0)).square().mean()
    torch.testing.assert_close(parts.structural, error)
    said, wanted = logits_of(decoded), logits_of(weights)
    torch.testing.assert_close(parts.behavioural, functional.mse_loss(said, wanted) / wanted.var(0, False).mean())


@torch.no_grad()
def test_two_views_of_a_network_are_contrasted(family):
    _, parts, own = parts_of(SETTINGS.but(contrastive=0.5), 1.0, family)
    one, other = (own.network.project(own.network.encode(view)) for view in two_views(family, draws().orders))
    assert parts.contrastive.item() == pytest.approx(nt_xent(one, other, 0.1), rel=1e-4)


@torch.no_grad()
def test_contrasted_networks_are_reconstructed_in_their_own_order(family):
    """The contrastive loss draws views; the other parts are as without it."""
    _, alone, _ = parts_of(SETTINGS, 0.5, family)
    _, parts, _ = parts_of(SETTINGS.but(contrastive=0.5), 0.5, family)
    assert parts.structural == alone.structural
    assert parts.behavioural == alone.behavioural


@torch.no_grad()
def test_reconstructed_views_are_goals_with_the_outputs_of_their_networks(family):
    settings = SETTINGS.but(views="reconstructed", contrastive=0.5)
    _, parts, own = parts_of(settings, 0.5, family)
    views = torch.cat(two_views(family, draws().orders))
    codes = own.network.encode(views)
    decoded = own.network.decode(codes)
    error = ((decoded - views) / own.network.maps.scale(0)).square().mean()
    torch.testing.assert_close(parts.structural, error)
    pair = own.network.project(codes).chunk(2)
    assert parts.contrastive.item() == pytest.approx(nt_xent(*pair, 0.1), rel=1e-4)
    wanted = logits_of(torch.as_tensor(family))
    torch.testing.assert_close(logits_of(views), wanted.repeat(2, 1, 1), atol=1e-5, rtol=1e-5)
    expected = functional.mse_loss(logits_of(decoded), logits_of(views)) / wanted.var(0, False).mean()
    torch.testing.assert_close(parts.behavioural, expected)


@torch.no_grad()
@pytest.mark.parametrize("changes", [{"noise": 0.5}, {"erasing": 0.4}, {"noise": 0.3, "erasing": 0.2}])
def test_noise_is_read_and_not_decoded(family, changes):
    """In units of the layers' deviations; the goal is without noise."""
    settings = SETTINGS.but(**changes)
    _, parts, own = parts_of(settings, 1.0, family)
    weights, maps = torch.as_tensor(family), own.network.maps
    noisy = disturbed(weights, maps.mean(0), settings.noise * maps.scale(0), settings.erasing, draws().noise)
    decoded = own.network.decode(own.network.encode(noisy))
    torch.testing.assert_close(parts.structural, ((decoded - weights) / maps.scale(0)).square().mean())
    assert parts.structural != parts_of(SETTINGS, 1.0, family)[1].structural


@torch.no_grad()
def test_views_and_what_is_decoded_have_noise_of_their_own(family):
    settings = SETTINGS.but(noise=0.5, contrastive=0.5)
    _, parts, own = parts_of(settings, 1.0, family)
    maps, drawn = own.network.maps, draws()
    noise = settings.noise * maps.scale(0)
    disturbed(torch.as_tensor(family), maps.mean(0), noise, 0, drawn.noise)
    pair = [
        own.network.project(own.network.encode(disturbed(view, maps.mean(0), noise, 0, drawn.noise)))
        for view in two_views(family, drawn.orders)
    ]
    assert parts.contrastive.item() == pytest.approx(nt_xent(*pair, 0.1), rel=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("views", ["contrasted", "reconstructed"])
def test_a_window_restricts_errors_and_takes_other_weights_from_the_original(family, views):
    settings = CHUNKS.but(window=4, views=views)
    _, parts, own = parts_of(settings, 0.5, family)
    drawn, goal = draws().orders, torch.as_tensor(family)
    start = int(drawn.integers(12 - 4 + 1))
    if views == "reconstructed":
        goal = torch.cat(two_views(family, drawn))
    window, owners = slice(start, start + 4), own.network.maps.owners(0)
    decoded = own.network.decode(own.network.encode(goal, window=window), window=window)
    inside = [start <= owner < start + 4 for owner in owners.tolist()]
    errors = ((decoded - goal) / own.network.maps.scale(0)).square()
    torch.testing.assert_close(parts.structural, errors[:, inside].mean())
    mixed = goal.clone()
    mixed[:, inside] = decoded[:, inside]
    unit = logits_of(torch.as_tensor(family)).var(0, False).mean()
    torch.testing.assert_close(parts.behavioural, functional.mse_loss(logits_of(mixed), logits_of(goal)) / unit)


def test_windows_begin_at_every_token(family):
    found = objective(CHUNKS.but(window=4), 1.0, zoo_of(family))
    windows = [found._window(12) for _ in range(300)]
    assert {own.start for own in windows} == set(range(9))
    assert {own.stop - own.start for own in windows} == {4}
    assert objective(CHUNKS.but(window=12), 1.0, zoo_of(family))._window(12) is None
    assert objective(CHUNKS, 1.0, zoo_of(family))._window(12) is None


@torch.no_grad()
def test_the_cycle_compares_codes_and_the_penalty_is_their_mean_square(family):
    _, parts, own = parts_of(SETTINGS.but(cycle=1, penalty=1), 1.0, family)
    codes = own.network.encode(torch.as_tensor(family))
    again = own.network.encode(own.network.decode(codes))
    torch.testing.assert_close(parts.cycle, functional.mse_loss(again, codes))
    torch.testing.assert_close(parts.penalty, codes.pow(2).mean())


def test_the_codes_do_not_move_to_meet_those_of_decoded_networks(family):
    """The cycle's gradient is that of the codes of decoded networks alone."""
    _, parts, own = parts_of(SETTINGS.but(cycle=1), 1.0, family)
    parts.cycle.backward()
    found = own.network.compress.bias.grad.clone()
    own.network.zero_grad()
    codes = own.network.encode(torch.as_tensor(family))
    functional.mse_loss(own.network.encode(own.network.decode(codes)), codes.data).backward()
    torch.testing.assert_close(found, own.network.compress.bias.grad)


@torch.no_grad()
def test_first_values_are_the_units_of_all_later_steps(family):
    settings = SETTINGS.but(units="first", contrastive=0.5)
    found = objective(settings, 0.5, zoo_of(family))
    weights = torch.as_tensor(family)
    loss, first = found(weights, 0)
    torch.testing.assert_close(torch.stack(first[:3]), torch.ones(3))
    assert loss == pytest.approx(1)
    plain = objective(SETTINGS, 0.5, zoo_of(family))
    one, two = (plain(own, 0)[1] for own in (weights, 3 * weights[:5]))
    _, later = found(3 * weights[:5], 0)
    torch.testing.assert_close(later.structural, two.structural / one.structural)
    torch.testing.assert_close(later.behavioural, two.behavioural / one.behavioural)


@torch.no_grad()
@pytest.mark.parametrize("outputs", ["logits", "softmax", "cross_entropy", "distillation"])
def test_behaviour_is_in_units_of_the_best_guess(family, outputs):
    """Networks that are all decoded as one have a loss of at least the unit."""
    settings = SETTINGS.but(outputs=outputs, temperature=1.0)
    found = objective(settings, 0.5, zoo_of(family))
    weights = torch.as_tensor(family)
    unit = unit_of(settings, lambda own, _: logits_of(own), weights, torch.as_tensor(QUERIES))
    assert found.measured[0].unit == pytest.approx(unit)
    same = weights[:1].expand_as(weights)
    assert found._behavioural(same, weights, 0) >= 1
    if outputs != "cross_entropy":
        assert found._behavioural(weights, weights, 0) == pytest.approx(0, abs=1e-6)


@torch.no_grad()
def test_each_zoo_has_its_queries_and_units(rng, family):
    wide = curved_family(rng, WIDER, 9)
    asked = []

    def queries(name: str):
        return lambda: asked.append(name) or QUERIES

    zoos = [
        Zoo(CLASSIFIER, CLASSIFIER.symmetries, family, queries("narrow"), QUERIES),
        Zoo(WIDER, WIDER.symmetries, wide, queries("wide"), QUERIES),
    ]
    found = objective(CHUNKS.but(units="first"), 0.5, *zoos)
    assert asked == ["narrow", "wide"]
    for number, own in ((1, wide), (0, family)):
        loss, _ = found(torch.as_tensor(own), number)
        assert loss == pytest.approx(1)
    assert asked[2:] == ["wide", "narrow"]


def test_a_purely_structural_loss_asks_nothing(family):
    def unasked() -> np.ndarray:
        raise AssertionError

    found = objective(SETTINGS, 1.0, Zoo(CLASSIFIER, CLASSIFIER.symmetries, family, unasked, QUERIES))
    assert found(torch.as_tensor(family), 0)[1].behavioural == 0


def test_signs_of_odd_units_are_views_too(rng):
    classifier = perceptron(4, activation="tanh")
    weights = curved_family(rng, classifier, 6)
    found = objective(SETTINGS.but(views="reconstructed"), 1.0, zoo_of(weights, classifier))
    views = torch.cat(found._views(torch.as_tensor(weights), found.zoos[0]))
    wanted = logits_of(torch.as_tensor(weights), classifier)
    torch.testing.assert_close(logits_of(views, classifier), wanted.repeat(2, 1, 1), atol=1e-5, rtol=1e-5)
