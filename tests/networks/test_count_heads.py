"""Heads of counts against closed forms, sums over all counts, and their own samples."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, logistic

from weightflow.data.relations import Relation
from weightflow.data.state_space import Counts, Range
from weightflow.limits import MOST_COUNTS
from weightflow.networks.count_heads import COMPONENTS, CountHead, spread
from weightflow.networks.heads import Where

OPEN = Range(6, 0.7)
TABLES = Counts.of([OPEN, Range(3), Range(9, 0.2)])
WIDE = Range(2000, 0.5, 40.0)
MIXED = Counts.of([Range(5, 0.3), WIDE, Range(700, 0.0, 100.0)])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def outputs(head: CountHead, *shape: int, seed: int = 1) -> torch.Tensor:
    return 1.5 * torch.randn(*shape, head.outputs, generator=generator(seed), dtype=torch.float64)


def bounded(variable: int, low: int, high: int, *shape: int) -> Where:
    return Where((variable,), (torch.full(shape, low), torch.full(shape, high)))


def probabilities(head: CountHead, out: torch.Tensor, most: int, where: Where) -> torch.Tensor:
    """Of the counts 0 … most under outputs (outputs,)."""
    counts = torch.arange(most + 1)
    if where.bounds is not None:
        where = Where(where.variables, tuple(bound.expand(len(counts)) for bound in where.bounds))
    return head.log_prob(out.expand(len(counts), -1), counts, where).exp()


def agrees(drawn: np.ndarray, expected: np.ndarray) -> bool:
    """Whether draws follow probabilities of 0 … n − 1; the rest, and rare counts, are one class."""
    often = expected * len(drawn) > 8
    counted = np.bincount(np.minimum(drawn, len(expected)), minlength=len(expected) + 1)
    found = np.append(counted[:-1][often], counted[:-1][~often].sum() + counted[-1])
    wanted = np.append(expected[often], 1 - expected[often].sum()) * len(drawn)
    kept = wanted > 1e-6 * len(drawn)
    assert found[~kept].sum() <= 1
    if kept.sum() == 1:
        return True
    return chisquare(found[kept], wanted[kept] * found[kept].sum() / wanted[kept].sum()).pvalue > 1e-3


@pytest.mark.parametrize("variable", [0, 1, 2])
def test_a_softmax_with_a_tail_sums_to_one(variable):
    head = CountHead(TABLES)
    for out in outputs(head, 5):
        assert probabilities(head, out, 5000, Where((variable,))).sum().item() == pytest.approx(1, abs=1e-9)


def test_counts_beyond_the_table_are_geometric():
    head = CountHead(Counts.of([OPEN]))
    out = outputs(head, 1)[0]
    last = out.log_softmax(-1)[-1]
    found = head.log_prob(out.expand(50, -1), torch.arange(6, 56))
    torch.testing.assert_close(found, last + math.log(0.3) + torch.arange(50).double() * math.log(0.7))
    shared = head.log_prob_shared(out.expand(1, -1), torch.arange(56).unsqueeze(0))
    torch.testing.assert_close(shared[0, 6:], found)
    torch.testing.assert_close(shared[0, :6], out.log_softmax(-1)[:-1])


def test_no_mass_lies_beyond_a_bound():
    head = CountHead(TABLES)
    found = probabilities(head, outputs(head, 1)[0], 100, Where((1,)))
    assert (found[4:] == 0).all()
    assert found[:4].sum().item() == pytest.approx(1)
    assert (head.sample(outputs(head, 5000), generator(), Where((1,))) <= 3).all()
    together = Where((0, 1, 2))
    values = torch.tensor([[[9], [4], [9]]])
    assert head.log_prob(outputs(head, 1, 3, 1), values, together).isinf().flatten().tolist() == [False, True, False]


def test_variables_together_are_as_each_alone():
    for head in (CountHead(TABLES), CountHead(MIXED, 100)):
        values = torch.randint(0, 4, (2, 3, 40), generator=generator())
        out, where = outputs(head, 2, 3, 40), Where((2, 0, 1))
        found, codes = head.log_prob(out, values, where), head.code(values, where)
        for place, variable in enumerate(where.variables):
            alone = Where((variable,))
            torch.testing.assert_close(found[:, place], head.log_prob(out[:, place], values[:, place], alone))
            torch.testing.assert_close(codes[:, place], head.code(values[:, place], alone))


CASES = {
    "tail": (TABLES, None, Where((0,))),
    "bound": (TABLES, None, Where((1,))),
    "mixture": (MIXED, 100, Where((1,))),
    "mixture with a bound": (MIXED, 100, Where((2,))),
    "tail beside a mixture": (MIXED, 100, Where((0,))),
    "bounded tail": (TABLES, None, bounded(0, 2, 11, 1)),
    "within the tail": (TABLES, None, bounded(0, 9, 12, 1)),
    "far in the tail": (TABLES, None, bounded(0, 3000, 3005, 1)),
    "below the tail": (TABLES, None, bounded(0, 1, 4, 1)),
    "one count": (TABLES, None, bounded(0, 5, 5, 1)),
    "bounded mixture": (MIXED, 100, bounded(1, 20, 60, 1)),
    "far bounds of a mixture": (MIXED, 100, bounded(1, 90_000, 90_050, 1)),
    "one count of a mixture": (MIXED, 100, bounded(1, 31, 31, 1)),
}


@pytest.mark.parametrize(("space", "largest", "where"), CASES.values(), ids=CASES)
def test_samples_follow_the_probabilities(space, largest, where):
    head, count = CountHead(space, largest), 20_000
    out = outputs(head, 1, seed=3)[0]
    expected = probabilities(head, out, 100_000, where).numpy()
    each = where
    if where.bounds is not None:
        each = Where(where.variables, tuple(bound.expand(count) for bound in where.bounds))
        low, high = (int(bound) for bound in where.bounds)
        assert (expected[:low] == 0).all()
        assert (expected[high + 1 :] == 0).all()
        assert expected.sum() == pytest.approx(1, abs=1e-6)
    drawn = head.sample(out.expand(count, -1), generator(), each).numpy()
    assert agrees(drawn, expected)


@pytest.mark.parametrize(("space", "largest", "where"), CASES.values(), ids=CASES)
@pytest.mark.parametrize(("width", "bins"), [(1, 5), (1, 7), (1, 30), (7, 20), (3, 2)])
def test_masses_are_sums_of_probabilities(space, largest, where, width, bins):
    head = CountHead(space, largest)
    out, edges = outputs(head, 1, seed=2), torch.arange(bins + 1) * width - 0.5
    found = head.masses(out, edges, where)[0]
    every = probabilities(head, out[0], 200_000, where)[: width * bins]
    expected = every.unflatten(0, (bins, width)).sum(1)
    expected[-1] = 1 - expected[:-1].sum()  # all larger counts too
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


@given(top=st.integers(1, 12), ratio=st.floats(0, 0.95), levels=st.integers(1, 40))
def test_spread_is_that_of_arrays_and_keeps_the_mass(top, ratio, levels):
    own, cells = Range(top, ratio), np.random.default_rng(top).dirichlet(np.ones(top + 1), 3)
    found = spread(torch.tensor(cells), own, levels).numpy()
    np.testing.assert_allclose(found, own.spread(cells, levels), atol=1e-12)
    np.testing.assert_allclose(found.sum(1), 1)
    direct = cells[:, np.minimum(np.arange(5000), top)] * np.exp(own.log_tail(np.arange(5000)))
    np.testing.assert_allclose(found[:, :-1], direct[:, : levels - 1], atol=1e-12)


def test_a_mixture_sums_to_one_up_to_the_largest_count():
    head = CountHead(MIXED, 100)
    for out in outputs(head, 4):
        near = probabilities(head, out, 400_000, Where((1,))).sum()
        rest = head.masses(out.unsqueeze(0), torch.tensor([-0.5, 400_000.5, 1e9]), Where((1,)))[0, 1]
        assert (near + rest).item() == pytest.approx(1, abs=1e-6)
        bounded_one = probabilities(head, out, 1000, Where((2,)))
        assert bounded_one.sum().item() == pytest.approx(1, abs=1e-6)
        assert (bounded_one[701:] == 0).all()


def test_one_component_is_scipys_logistic_distribution():
    head = CountHead(Counts.of([WIDE]), 100)
    mixture = head.mixture
    out = torch.zeros(1, 3 * COMPONENTS, dtype=torch.float64)
    out[0, :COMPONENTS] = -1e3
    out[0, 2] = 0.0
    mean = mixture.starts[2].item()
    one = 1 / (mixture.scales[0] * mixture.units[0])
    width = 0.05 * one + math.log(2)
    ends = mixture.scaled(torch.arange(301) - 0.5, 0).numpy()
    ends[0] = -np.inf
    expected = np.diff(logistic(mean, width).cdf(ends))
    np.testing.assert_allclose(probabilities(head, out[0], 299, Where((0,))), expected, rtol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 255, 10**6, 10**9 - 1, MOST_COUNTS])
@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
@pytest.mark.parametrize(
    "space", [Counts.of([Range(MOST_COUNTS, 0.9)]), Counts.of([Range(300, 0.5)]), Counts.of([OPEN])]
)
def test_the_largest_counts_have_finite_scores_and_gradients(count, dtype, space):
    head = CountHead(space, 256)
    out = (3 * torch.randn(8, head.outputs, generator=generator())).requires_grad_()
    found = head.log_prob(out, torch.full((8,), count, dtype=dtype))
    assert found.isfinite().all()
    found.sum().backward()
    assert out.grad.isfinite().all()
    assert head.code(torch.full((8,), count, dtype=dtype)).isfinite().all()


@given(
    variable=st.sampled_from([0, 1, 2]),
    low=st.integers(0, 600),
    length=st.integers(0, 600),
    share=st.floats(0, 1),
    scale=st.sampled_from([0.1, 3.0, 30.0]),
)
def test_gradients_within_bounds_are_finite(variable, low, length, share, scale):
    head = CountHead(MIXED, 100)
    high = min(low + length, 700) if variable == 2 else low + length
    low = min(low, high)
    value = low + round(share * (high - low))
    out = (scale * torch.randn(4, head.outputs, generator=generator())).requires_grad_()
    found = head.log_prob(out, torch.full((4,), value), bounded(variable, low, high, 4))
    found.sum().backward()
    assert found.isfinite().all()
    assert (found < 1e-4).all()
    assert out.grad.isfinite().all()


def test_a_narrow_mixture_keeps_its_precision_at_a_billion():
    head = CountHead(Counts.of([Range(MOST_COUNTS, 0.5, 5e8)]), 256)
    out = torch.zeros(1, head.outputs)
    out[:, 2 * COMPONENTS :] = -60  # the narrowest
    near = torch.arange(-50, 51) + 900_000_000
    found = head.log_prob(out.expand(len(near), -1), near)
    assert found.isfinite().all()
    assert head.sample(out.expand(1000, -1), generator()).max() <= MOST_COUNTS


def test_values_outside_bounds_are_impossible():
    head = CountHead(MIXED, 100)
    for variable in range(3):
        values = torch.tensor([-1, 2, 3, 6, 7])
        found = head.log_prob(outputs(head, 5), values, bounded(variable, 3, 6, 5))
        assert found.isinf().tolist() == [True, True, False, False, True]
        assert head.log_prob(outputs(head, 1), torch.tensor([-1]), Where((variable,))).isinf().all()


@pytest.mark.parametrize("where", [Where((0,)), bounded(0, 2, 9, 1), bounded(0, 8, 30, 1)])
def test_the_divergence_is_the_sum_over_all_counts(where):
    head = CountHead(TABLES)
    one, two = (outputs(head, 1, seed=seed) for seed in (1, 2))
    p, q = (probabilities(head, part[0], 2000, where) for part in (one, two))
    expected = torch.special.xlogy(p, p / q.clamp_min(1e-300)).sum()
    found = head.divergence(one, two, torch.tensor([3]), where)[0]
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-6)


def test_the_divergence_has_finite_gradients_with_bounds():
    head = CountHead(TABLES)
    out = outputs(head, 1).requires_grad_()
    head.divergence(outputs(head, 1, seed=2), out, torch.tensor([3]), bounded(0, 2, 3, 1)).sum().backward()
    assert out.grad.isfinite().all()


def test_computed_variables_need_no_outputs():
    total = Relation((1, 1, 1), 5000, 2)
    head = CountHead(Counts.of([Range(8, 0.1), Range(5, 0.1), Range(5000)], [total]), 256)
    assert head.all_tables
    assert (head.outputs, head.bits) == (9, 4)


def test_long_tables_have_mixtures():
    head = CountHead(MIXED, 100)
    assert [head.has_table(v) for v in range(3)] == [True, False, False]
    assert (head.levels, head.outputs, head.inputs) == (6, 6 + 3 * COMPONENTS, 3 + 2)
    assert CountHead(MIXED).all_tables


def test_no_values_have_no_scores():
    """As where all held-out states lie outside the space."""
    head = CountHead(TABLES)
    none = torch.zeros(2, 0, dtype=torch.int64)
    for where in (Where((0,)), Where((0,), (none, none))):
        assert head.log_prob_shared(outputs(head, 2), none, where).shape == (2, 0)


def test_the_counts_of_a_head_have_a_probability():
    assert CountHead(9).support(TABLES) == Counts(9)
