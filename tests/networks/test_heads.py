"""Heads against torch's and scipy's own distributions."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chisquare, kstest, norm
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence

from weightflow.data.state_space import Reals
from weightflow.networks.count_heads import CountHead
from weightflow.networks.heads import MixtureHead

NARROWEST = 0.05
COUNTS, MIXTURE = CountHead(6), MixtureHead(3, NARROWEST)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def outputs(head, *shape: int, scale: float = 1.5) -> torch.Tensor:
    """Float64, so that rounding is no part of the comparison."""
    return scale * torch.randn(*shape, head.outputs, generator=generator(1), dtype=torch.float64)


def reference(out: torch.Tensor) -> MixtureSameFamily:
    """The mixture by torch's own classes."""
    logits, means, raw = out.split(MIXTURE.components, dim=-1)
    widths = NARROWEST + torch.log1p(raw.exp())
    return MixtureSameFamily(Categorical(logits=logits), Normal(means, widths))


def cdf(out: torch.Tensor):
    """The mixture's distribution function by scipy."""
    mixture = reference(out)
    weights, single = mixture.mixture_distribution.probs.numpy(), mixture.component_distribution
    return lambda x: norm(single.loc.numpy(), single.scale.numpy()).cdf(np.asarray(x)[..., None]) @ weights


@pytest.mark.parametrize(("levels", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)])
def test_counts_are_told_in_binary(levels, bits):
    head, counts = CountHead(levels), torch.arange(levels)
    assert (head.inputs, head.outputs) == (bits, levels)
    assert torch.equal(head.code(counts) @ 2.0 ** torch.arange(bits), counts.float())


def test_probabilities_of_counts_are_a_softmax():
    out, values = outputs(COUNTS, 4, 5), torch.randint(6, (4, 5), generator=generator())
    expected = out.log_softmax(-1).gather(-1, values[..., None])[..., 0]
    torch.testing.assert_close(COUNTS.log_prob(out, values), expected)


def test_counts_are_drawn_as_often_as_they_are_likely():
    out = outputs(COUNTS, 1)
    drawn = COUNTS.sample(out.expand(20_000, -1), generator())
    expected = 20_000 * out[0].softmax(-1).numpy()
    assert expected.min() > 5
    assert chisquare(np.bincount(drawn, minlength=6), expected).pvalue > 0.001


def test_the_divergence_of_counts_is_torchs():
    one, two = outputs(COUNTS, 2, 7)
    expected = kl_divergence(Categorical(logits=one), Categorical(logits=two))
    torch.testing.assert_close(COUNTS.divergence(one, two, torch.zeros(7)), expected)


def test_real_values_are_told_as_they_are():
    values = torch.randn(3, 4, generator=generator())
    assert torch.equal(MIXTURE.code(values)[..., 0], values)
    assert (MIXTURE.inputs, MIXTURE.outputs) == (1, 9)


@pytest.mark.parametrize("scale", [0.5, 2.0, 20.0])
def test_densities_are_those_of_torchs_mixture(scale):
    out, values = outputs(MIXTURE, 4, 50, scale=scale), 4 * torch.randn(4, 50, generator=generator()).double()
    torch.testing.assert_close(MIXTURE.log_prob(out, values), reference(out).log_prob(values))


def test_a_density_integrates_to_one():
    for out in outputs(MIXTURE, 5):
        peaks = sorted(out[3:6].tolist())
        whole, _ = quad(lambda x, o=out: MIXTURE.log_prob(o, torch.tensor(x)).exp().item(), -30, 30, points=peaks)
        assert whole == pytest.approx(1, abs=1e-6)


def test_samples_follow_the_mixture():
    for seed, out in enumerate(outputs(MIXTURE, 4)):
        drawn = MIXTURE.sample(out.expand(20_000, -1), generator(seed)).numpy()
        assert kstest(drawn, cdf(out)).pvalue > 0.001
        mixture = reference(out)
        assert drawn.mean() == pytest.approx(mixture.mean.item(), abs=5 * mixture.stddev.item() / 20_000**0.5)
        assert drawn.var() == pytest.approx(mixture.variance.item(), rel=0.06)


def test_the_kolmogorov_smirnov_test_tells_another_mixture_apart():
    one, two = outputs(MIXTURE, 2)
    assert kstest(MIXTURE.sample(one.expand(20_000, -1), generator()).numpy(), cdf(two)).pvalue < 1e-6


def test_same_generator_gives_the_same_values():
    out = outputs(MIXTURE, 30)
    assert torch.equal(MIXTURE.sample(out, generator(1)), MIXTURE.sample(out, generator(1)))


def test_a_component_without_weight_is_never_drawn():
    out = torch.tensor([-1e4, 0.0, -1e4, -50.0, 3.0, 50.0, -30.0, -30.0, -30.0]).expand(5000, -1)
    assert (MIXTURE.sample(out, generator()) - 3).abs().max() < 6 * NARROWEST


def test_masses_of_bins_are_integrals_of_the_density():
    out, edges = outputs(MIXTURE, 2, 3), torch.tensor([-9.0, -1.0, 0.5, 0.6, 4.0], dtype=torch.float64)
    found = MIXTURE.masses(out, edges)
    assert found.shape == (2, 3, 4)
    for own, masses in zip(out.flatten(0, 1), found.flatten(0, 1), strict=True):
        np.testing.assert_allclose(masses, np.diff(cdf(own)(edges)), atol=1e-12)
        for i, mass in enumerate(masses):
            low, high = edges[i].item(), edges[i + 1].item()
            peaks = sorted(x for x in own[3:6].tolist() if low < x < high)
            area, _ = quad(lambda x, o=own: MIXTURE.log_prob(o, torch.tensor(x)).exp().item(), low, high, points=peaks)
            assert mass.item() == pytest.approx(area, abs=1e-6)
    torch.testing.assert_close(MIXTURE.masses(out, torch.tensor([-99.0, 99.0])), torch.ones(2, 3, 1).double())


@given(raw=st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3))
def test_no_width_falls_below_the_narrowest(raw):
    out = torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, *raw], dtype=torch.float64)
    highest = MIXTURE.log_prob(out, torch.tensor(1.0)).item()
    assert np.isfinite(highest)
    assert highest <= norm(0, NARROWEST).logpdf(0) + 1e-9


def test_the_divergence_of_mixtures_is_right_in_the_mean():
    one, two = outputs(MIXTURE, 2, scale=1.0)
    ones, twos = one.expand(40_000, -1), two.expand(40_000, -1)
    drawn = MIXTURE.sample(ones, generator())
    found = MIXTURE.divergence(ones, twos, drawn)
    exact, _ = quad(lambda x: _integrand(x, one, two), -15, 15, points=sorted(one[3:6].tolist()), limit=200)
    assert found.mean().item() == pytest.approx(exact, abs=5 * found.std().item() / 200)
    assert (MIXTURE.divergence(ones, ones, drawn) == 0).all()


def _integrand(x: float, one: torch.Tensor, two: torch.Tensor) -> float:
    wanted, found = (MIXTURE.log_prob(out, torch.tensor(x)) for out in (one, two))
    return (wanted.exp() * (wanted - found)).item()


def test_mixtures_are_not_rough():
    assert MIXTURE.roughness(torch.randn(2, 9, 4, generator=generator())).item() == 0


@pytest.mark.parametrize("head", [COUNTS, MIXTURE], ids=["counts", "reals"])
def test_values_that_share_their_outputs_are_scored_as_others(head):
    out = outputs(head, 4)
    values = torch.randint(6, (4, 7), generator=generator()).to(torch.int32 if head is COUNTS else torch.float64)
    apart = head.log_prob(out[:, None].expand(-1, 7, -1), values)
    torch.testing.assert_close(head.log_prob_shared(out, values), apart)


def test_every_real_value_has_a_probability():
    space = Reals((0.0,), (1.0,), (0.0,), (1.0,))
    assert MIXTURE.support(space) is space
