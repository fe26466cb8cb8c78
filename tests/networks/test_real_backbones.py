"""Backbones over real values: every kind against integrals of its density, and against its own samples."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from weightflow.data.state_space import Reals
from weightflow.networks.backbones import make_backbone
from weightflow.networks.flat_weights import split_weights
from weightflow.networks.heads import MixtureHead
from weightflow.networks.losses import divergence, negative_log_likelihood, roughness

HEAD = MixtureHead(3, 0.2)
LINE = torch.linspace(-30, 30, 6001)
PLANE = torch.linspace(-12, 12, 401)
STEP = 24 / 400


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def sharp_weights(backbone, stack: int, seed: int = 0) -> torch.Tensor:
    """Weights larger than fresh ones, so that variables depend on each other."""
    return 2 * backbone.initial(stack, generator(seed))


def area(density: torch.Tensor, step: float) -> torch.Tensor:
    """Of the last axis, by rectangles: it vanishes at both ends."""
    return density.double().sum(-1) * step


def joint(backbone, weights: torch.Tensor) -> torch.Tensor:
    """(S, 401, 401) densities on the plane."""
    grid = torch.cartesian_prod(PLANE, PLANE)
    return backbone.log_prob(weights, grid).exp().reshape(-1, 401, 401)


def test_a_density_of_one_variable_integrates_to_one(build):
    backbone = build(1, HEAD)
    found = backbone.log_prob(sharp_weights(backbone, 4), LINE[:, None]).exp()
    torch.testing.assert_close(area(found, 60 / 6000), torch.ones(4).double(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_density_of_two_variables_integrates_to_one(build, order):
    backbone = build(2, HEAD, order=order)
    found = joint(backbone, sharp_weights(backbone, 2))
    torch.testing.assert_close(area(area(found, STEP), STEP), torch.ones(2).double(), rtol=1e-3, atol=0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_samples_follow_the_density(build, order):
    backbone = build(2, HEAD, order=order)
    weights = sharp_weights(backbone, 1, seed=2)
    drawn = backbone.sample(weights, 20_000, generator(1))[0].double()
    density = joint(backbone, weights)[0]
    for variable in (0, 1):
        below = (area(density.movedim(variable, 0), STEP) * STEP).cumsum(0).numpy()
        edges = PLANE.numpy() + STEP / 2
        assert kstest(drawn[:, variable].numpy(), lambda x, e=edges, b=below: np.interp(x, e, b)).pvalue > 0.001
    at = torch.cartesian_prod(PLANE, PLANE).double()
    mixed = (density.flatten().double() * STEP**2 * at.prod(1)).sum()
    assert drawn.prod(1).mean().item() == pytest.approx(mixed.item(), abs=5 * drawn.prod(1).std().item() / 20_000**0.5)


def test_variables_depend_on_those_before_in_the_order(build):
    backbone = build(3, HEAD, order=(2, 0, 1))
    weights, x = sharp_weights(backbone, 2), torch.randn(5, 3, generator=generator())
    before = backbone.outputs(weights, x)
    assert before.shape == (2, 5, 3, 9)
    for place, variable in enumerate((2, 0, 1)):
        changed = x.clone()
        changed[:, variable] += 1
        moved = (backbone.outputs(weights, changed) - before).abs().amax((0, 1, 3))
        for other_place, other in enumerate((2, 0, 1)):
            assert (moved[other] > 1e-4) == (other_place > place)


def test_another_order_is_the_same_network_on_reordered_variables(build):
    order = (2, 0, 1)
    plain, ordered = build(3, HEAD), build(3, HEAD, order=order)
    weights, x = sharp_weights(plain, 2), torch.randn(2, 7, 3, generator=generator())
    assert torch.equal(ordered.log_prob(weights, x), plain.log_prob(weights, x[..., order]))
    one, two = (backbone.sample(weights, 20, generator(1)) for backbone in (ordered, plain))
    assert torch.equal(one[..., order], two)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_density_of_the_first_variables_is_the_integral_over_the_others(build, order):
    backbone = build(2, HEAD, order=order)
    weights = sharp_weights(backbone, 2)
    assert backbone.begins_with(1) == (order == (0, 1))
    if backbone.begins_with(1):
        found = backbone.prefix_log_prob(weights, PLANE[:, None]).exp().double()
        torch.testing.assert_close(found, area(joint(backbone, weights), STEP), rtol=1e-3, atol=1e-4)


def test_stacked_networks_score_as_single_ones_do(build):
    backbone = build(3, HEAD)
    weights, x = sharp_weights(backbone, 4), torch.randn(4, 6, 3, generator=generator())
    single = torch.cat([backbone.log_prob(w[None], own) for w, own in zip(weights, x, strict=True)])
    torch.testing.assert_close(backbone.log_prob(weights, x), single)


def test_every_weight_moves_the_likelihood(build):
    backbone = build(3, HEAD)
    weights = sharp_weights(backbone, 1).requires_grad_()
    negative_log_likelihood(backbone, weights, torch.randn(1, 5, 3, generator=generator())).backward()
    for name, gradient in split_weights(backbone.layers, weights.grad[0]).items():
        assert (gradient.abs() > 1e-8).any(), name


def test_the_divergence_over_samples_is_that_of_the_joint_densities(build):
    backbone = build(2, HEAD)
    anchors = backbone.initial(1, generator())
    weights = anchors + 0.1 * torch.randn(anchors.shape, generator=generator(1))
    drawn = backbone.sample(anchors, 20_000, generator(2))
    wanted, found = (backbone.log_prob(own, torch.cartesian_prod(PLANE, PLANE)).double() for own in (anchors, weights))
    expected = area(wanted.exp() * (wanted - found), STEP**2).item()
    told = divergence(backbone, weights, anchors, drawn).item()
    single = backbone.log_prob(anchors, drawn) - backbone.log_prob(weights, drawn)
    assert told == pytest.approx(expected, abs=5 * single.std().item() / 20_000**0.5 + 1e-4)
    assert divergence(backbone, anchors, anchors, drawn).item() == 0
    assert roughness(backbone, weights).item() == 0


@pytest.mark.parametrize("kind", ["gru", "transformer"])
def test_settings_choose_the_mixture(model_settings, kind):
    space = Reals((0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (1.0, 1.0))
    own = {"kind": kind, "components": 4, "narrowest": 0.2}
    backbone = make_backbone(model_settings.backbone.but(**own), ["a", "b"], space)
    assert isinstance(backbone.head, MixtureHead)
    assert (backbone.head.components, backbone.head.narrowest) == (4, 0.2)
    assert backbone.layers[-1].neurons == 12
