"""Densities against sums over all states, written out here, and against integrals of real values."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from weightflow.api.density import Density, state_rows
from weightflow.data.representation import Representation
from weightflow.data.state_space import Counts, Reals
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.heads import MixtureHead
from weightflow.prediction.distributions import MovedNetwork

LEVELS, NAMES = 4, ["S", "I", "HLA-A"]


def network(order=(0, 1, 2), head=None, space=None) -> MovedNetwork:
    """Random weights of a small backbone of three variables."""
    backbone = GRUBackbone(3, head or CountHead(LEVELS), hidden=3, order=order)
    weights = 2 * backbone.initial(1, torch.Generator().manual_seed(1))
    return MovedNetwork(backbone, weights, space or Counts(LEVELS), 0, {})


@pytest.fixture
def law():
    return network()


@pytest.fixture
def table(law) -> dict[tuple[int, ...], float]:
    """The probability of each state by the chain rule, one conditional at a time."""
    found = {}
    for state in itertools.product(range(LEVELS), repeat=3):
        outputs = law.backbone.outputs(law.weights, torch.tensor([state]))[0, 0].double().softmax(-1)
        found[state] = math.prod(outputs[i, value].item() for i, value in enumerate(state))
    return found


@pytest.fixture
def exact(law) -> Density:
    found = Density(law, NAMES, 3.0, 0)
    assert found.exact  # before a test lowers the number of states
    return found


@pytest.fixture
def drawn() -> Density:
    """The same from draws."""
    return Density(replace(network(), most_states=1), NAMES, 3.0, 0)


def test_a_few_states_are_all_summed(exact, table):
    states, p = np.array(list(table)), np.array(list(table.values()))
    assert exact.exact
    assert p.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(np.exp(exact.log_prob(states)), p, atol=1e-6)
    np.testing.assert_allclose(exact.mean, p @ states, atol=1e-5)
    np.testing.assert_allclose(exact.covariance, np.cov(states.T, aweights=p, ddof=0), atol=1e-5)
    assert exact.entropy() == pytest.approx(-(p * np.log(p)).sum(), abs=1e-5)
    for v, name in enumerate(NAMES):
        expected = [p[states[:, v] == k].sum() for k in range(LEVELS)]
        np.testing.assert_allclose(exact.marginal(name), expected, atol=1e-5)
    joint = exact.joint("HLA-A", "S")
    for a, b in itertools.product(range(LEVELS), repeat=2):
        assert joint.loc[a, b] == pytest.approx(p[(states[:, 2] == a) & (states[:, 0] == b)].sum(), abs=1e-5)


EVENTS = {
    "I > 1 and S < 2": lambda s, i, h: i > 1 and s < 2,
    "not (S == I) or `HLA-A` >= 3": lambda s, i, h: s != i or h >= 3,
    "0 < S <= 2": lambda s, i, h: 0 < s <= 2,
    "S + 2 * I - sqrt(`HLA-A`) > t": lambda s, i, h: s + 2 * i - h**0.5 > 3,
    "t == 3": lambda s, i, h: True,
}


@pytest.mark.parametrize("event", EVENTS)
def test_probabilities_of_events(exact, drawn, table, event):
    wanted = sum(p for state, p in table.items() if EVENTS[event](*state))
    found = exact.probability(event)
    assert (found, found.error) == (pytest.approx(wanted, abs=1e-5), 0)
    estimate = drawn.probability(event)
    assert abs(estimate - wanted) <= 5 * estimate.error + 1e-6
    assert estimate.error <= 0.0017


def test_quantiles_are_the_smallest_values_that_reach_a_level(exact, table):
    found = exact.quantile([0.1, 0.5, 0.9])
    for (v, name), q in itertools.product(enumerate(NAMES), (0.1, 0.5, 0.9)):
        below = np.cumsum([sum(p for state, p in table.items() if state[v] == k) for k in range(LEVELS)])
        assert found.loc[q, name] == np.argmax(below >= q)
    pd.testing.assert_series_equal(exact.quantile(0.5), found.loc[0.5], check_names=False)


def conditional(table, **known):
    places = {"S": 0, "I": 1, "H": 2}
    kept = {s: p for s, p in table.items() if all(s[places[name]] == value for name, value in known.items())}
    total = sum(kept.values())
    return {state: p / total for state, p in kept.items()}


def test_conditioning_by_enumeration(exact, table):
    wanted = conditional(table, I=2)
    given = exact.given(I=2)
    states, p = np.array(list(wanted)), np.array(list(wanted.values()))
    np.testing.assert_allclose(np.exp(given.log_prob(states)), p, atol=1e-5)
    assert given.log_prob(np.array([0, 1, 0])) == -np.inf
    assert given.probability("S > 1") == pytest.approx(p[states[:, 0] > 1].sum(), abs=1e-5)
    assert set(given.sample(50)["I"]) == {2}
    twice = given.given({"HLA-A": 1})
    both = conditional(table, I=2, H=1)
    np.testing.assert_allclose(twice.marginal("S"), [both[s, 2, 1] for s in range(LEVELS)], atol=1e-5)


def test_conditioning_on_the_first_variables_is_exact_without_enumeration(drawn, table):
    wanted = conditional(table, S=1)
    given = drawn.given(S=1)
    states = np.array(list(wanted))
    np.testing.assert_allclose(np.exp(given.log_prob(states)), list(wanted.values()), atol=1e-5)
    estimate = given.probability("I > 1")
    assert abs(estimate - sum(p for state, p in wanted.items() if state[1] > 1)) <= 5 * estimate.error


@pytest.mark.parametrize("known", [{"I": 2}, {"H": 1}, {"I": 0, "H": 3}])
def test_conditioning_on_later_variables_weights_by_importance_and_says_so(drawn, table, known):
    wanted = conditional(table, **known)
    with pytest.warns(UserWarning, match="importance-weighted: 100000 draws are worth"):
        given = drawn.given({{"H": "HLA-A"}.get(name, name): value for name, value in known.items()})
    estimate = given.probability("S > 1")
    assert abs(estimate - sum(p for state, p in wanted.items() if state[0] > 1)) <= 5 * estimate.error
    sample = given.sample(20_000)
    error = 5 * math.sqrt(0.25 / 20_000) + 5 * estimate.error
    assert abs((sample["S"] > 1).mean() - float(estimate)) <= error
    states = np.array(list(wanted))
    np.testing.assert_allclose(np.exp(given.log_prob(states)), list(wanted.values()), atol=0.02)


def test_summaries_of_draws_are_near_the_sums(exact, drawn):
    assert not drawn.exact
    np.testing.assert_allclose(drawn.mean, exact.mean, atol=0.02)
    np.testing.assert_allclose(drawn.covariance, exact.covariance, atol=0.03)
    assert abs(drawn.entropy() - exact.entropy()) <= 5 * drawn.entropy().error
    for name in NAMES:
        np.testing.assert_allclose(drawn.marginal(name), exact.marginal(name), atol=0.01)
    np.testing.assert_allclose(drawn.joint("HLA-A", "I"), exact.joint("HLA-A", "I"), atol=0.03)


REALS = Reals((1.0, -2.0, 0.0), (2.0, 0.5, 1.0), (-5.0, -4.0, -4.0), (7.0, 0.0, 4.0))


def test_real_values_have_densities_that_integrate_to_one():
    found = Density(network(head=MixtureHead(2, 0.3), space=REALS), ["a", "b", "c"], 0.0, 0)
    marginal = found.marginal("a")
    width = marginal.index[1] - marginal.index[0]
    assert marginal.sum() * width == pytest.approx(1, abs=0.05)
    assert (marginal * marginal.index).sum() * width == pytest.approx(found.mean["a"], abs=0.3)
    sample = found.sample(20_000, seed=1)
    np.testing.assert_allclose(sample.mean(), found.mean, atol=0.1)
    given = found.given(a=0.5)
    # p(b, c | a) = p(a, b, c) / p(a), with p(a) from the first conditional.
    state = np.array([0.5, -2.0, 0.3])
    coordinate = torch.as_tensor(REALS.coordinates(state[None]))
    first = found._distribution.backbone.outputs(found._distribution.weights, coordinate)[0, 0, 0]
    log_first = found._distribution.backbone.head.log_prob(first, coordinate[0, 0]).item() - math.log(2.0)
    assert given.log_prob(state) == pytest.approx(found.log_prob(state) - log_first, abs=1e-5)


def test_a_scaled_density_is_in_the_units_of_the_file():
    scaling = Representation(["a", "b", "c"], np.array([1.0, 2, 3]), np.diag([0.5, 2, 1]), np.diag([2, 0.5, 1.0]))
    law = network(head=MixtureHead(2, 0.3), space=REALS)
    own, scaled = Density(law, ["a", "b", "c"], 0.0, 0), Density(law, ["a", "b", "c"], 0.0, 0, scaling)
    values = scaled.sample(5, seed=3).to_numpy()
    states = own.sample(5, seed=3).to_numpy()
    np.testing.assert_allclose(values, scaling.values(states))
    np.testing.assert_allclose(scaled.log_prob(values), own.log_prob(states) + math.log(0.5 * 2 * 1), atol=1e-6)
    middles = scaled.marginal("a")
    assert middles.sum() * (middles.index[1] - middles.index[0]) == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(scaled.mean, scaling.values(own.mean.to_numpy()[None])[0], atol=1e-9)
    step = 1e-3  # conditional densities integrate to one over the free variables
    grid = np.column_stack([np.full(9000, 2.0), np.arange(-2, 7, step), np.full(9000, 3.0)])
    with pytest.warns(UserWarning, match="importance-weighted"):
        given = scaled.given(a=2.0, c=3.0)
    assert np.exp(given.log_prob(grid)).sum() * step == pytest.approx(1, abs=0.1)


def test_a_stream_gives_other_states_and_a_seed_the_same(exact):
    first, second = exact.sample(20), exact.sample(20)
    assert not first.equals(second)
    pd.testing.assert_frame_equal(exact.sample(20, seed=4), exact.sample(20, seed=4))
    assert list(first) == NAMES


def test_columns_are_taken_by_their_names(exact):
    frame = pd.DataFrame({"HLA-A": [3], "id": ["x"], "I": [1], "S": [0]})
    assert exact.log_prob(frame)[0] == exact.log_prob([0, 1, 3])


def test_a_series_is_taken_by_its_names(exact):
    row = pd.Series({"HLA-A": 3, "I": 1, "S": 0})
    assert exact.log_prob(row) == exact.log_prob(dict(row)) == exact.log_prob([0, 1, 3])


def test_what_was_never_drawn_has_a_bound(drawn):
    found = drawn.probability("S > 7 and I > 7")
    assert (found, found.error) == (0, pytest.approx(3e-5))


def test_events_of_one_count_are_exact_sums_of_its_marginal(drawn, exact):
    found = drawn.probability("`HLA-A` >= 2")
    assert (found, found.error) == (pytest.approx(exact.probability("`HLA-A` >= 2"), abs=1e-6), 0)


MISTAKES = {
    "no number of states": (lambda p: p.sample(-1), "-1 is no number of states"),
    "too many states": (lambda p: p.sample(10**12), "exceed the memory"),
    "a seed below 0": (lambda p: p.sample(1, seed=-1), "sample: -1 is no seed"),
    "quantiles of lists": (lambda p: p.quantile([[0.1, 0.2]]), "is a list of lists"),
    "given a name alone": (lambda p: p.given("S"), "'S' holds no values"),
    "given one name twice": (lambda p: p.given({"S": 1}, S=2), "the variable S is there twice"),
    "masked states": (lambda p: p.log_prob(np.ma.masked_equal([[9, 1, 1]], 9)), "masked values"),
    "complex states": (lambda p: p.log_prob(np.ones((2, 3)) * 1j), "complex numbers"),
    "a quantile in words": (lambda p: p.quantile("a"), "is not between 0 and 1"),
    "an event that is no text": (lambda p: p.probability(3), "3 is no text"),
    "given a text": (lambda p: p.given(S="many"), "text or rows"),
    "another width": (lambda p: p.log_prob(np.zeros((2, 5))), r"shape is \(2, 5\).*3 variables S, I, HLA-A"),
    "a missing column": (lambda p: p.log_prob(pd.DataFrame({"S": [1]})), "there is no column 'I'"),
    "fractions": (lambda p: p.log_prob([0.5, 1, 1]), "fractions.*whole numbers"),
    "NaN": (lambda p: p.log_prob([np.nan, 1, 1]), "NaN or infinity"),
    "text": (lambda p: p.log_prob(["a", "b", "c"]), "text or rows"),
    "an unknown variable": (lambda p: p.marginal("R"), "no variable 'R'; use S, I, HLA-A"),
    "an unknown variable in an event": (lambda p: p.probability("R > 1"), "event: .*'R'"),
    "an unknown quoted variable": (lambda p: p.probability("`HLA-B` > 1"), "no variable 'HLA-B'"),
    "no variable": (lambda p: p.probability("1 == 1"), "names no variable"),
    "no comparison": (lambda p: p.probability("S + 1"), "'S \\+ 1' is no comparison"),
    "a call": (lambda p: p.probability("__import__('os').system('x') > 1"), "event: there is no variable '__import__'"),
    "an assignment": (lambda p: p.probability("S = 3"), "is not an event"),
    "a membership": (lambda p: p.probability("S in [1, 2]"), "is no comparison"),
    "given an unknown": (lambda p: p.given(R=1), "no variable 'R'"),
    "given nothing": (lambda p: p.given(), "no variable is named"),
    "given a fraction": (lambda p: p.given(S=0.5), "fractions"),
    "given the impossible": (lambda p: p.given(S=40), r"given\(S = 40\) at time 3: .* probability zero"),
    "given two values": (lambda p: p.given(S=1).given(S=2), "probability zero"),
    "a quantile beyond 1": (lambda p: p.quantile(1.5), "1.5 is not between 0 and 1"),
    "one variable twice": (lambda p: p.joint("S", "S"), "S is there twice"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_one_sentence(exact, refused, case):
    do, pattern = MISTAKES[case]
    with refused(pattern):
        do(exact)


def test_a_series_of_known_values_is_a_mapping(exact):
    pd.testing.assert_series_equal(exact.given(pd.Series({"HLA-A": 1})).mean, exact.given({"HLA-A": 1}).mean)


def test_values_that_no_draws_can_estimate_are_refused(refused):
    scaled = Density(network(head=MixtureHead(2, 0.3), space=REALS), ["a", "b", "c"], 0.0, 0)
    with refused(r"given\(c = 1000000000.0\) at time 0: .* too rare to estimate"):
        scaled.given(c=1e9)


def test_given_the_impossible_is_refused_without_enumeration(drawn, refused):
    with refused("probability zero"):
        drawn.given(S=40)


def test_single_states_and_arrays():
    assert state_rows([1, 2], ["a", "b"], counts=True).tolist() == [[1, 2]]
    assert state_rows(np.ones((3, 1)), ["a"], counts=False).shape == (3, 1)
