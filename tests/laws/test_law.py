"""Exact laws as tables, against the same laws as products of Poisson distributions."""

import dataclasses
from itertools import product

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import entropy, poisson

from weightflow.errors import InputError
from weightflow.laws.law import (
    OUTSIDE,
    PoissonLaw,
    TableLaw,
    describe_law,
    kl,
    known_law,
    of_all,
    read_law,
    tv,
    unknown_law,
    write_law,
)
from weightflow.storage import write_tensors

MEANS = np.array([[0.0, 0.0], [0.7, 1.6]])
STATES = np.array(list(product(range(13), repeat=2)))


@pytest.fixture
def product_law() -> PoissonLaw:
    return PoissonLaw(np.arange(2.0), MEANS)


@pytest.fixture
def table() -> TableLaw:
    return TableLaw(np.arange(2.0), STATES, poisson.pmf(STATES, MEANS[:, None]).prod(-1), np.full(2, 1e-7))


def other(means: list[float]):
    return lambda states: poisson.logpmf(states, means).sum(1)


def test_a_product_has_the_marginals_of_its_table(product_law, table):
    for t in range(2):
        np.testing.assert_allclose(product_law.marginals(t, 9), table.marginals(t, 9), atol=1e-7)
    assert 8 < product_law.levels <= table.levels


def test_distances_of_a_product_are_those_of_its_table(product_law, table):
    density = other([0.9, 1.3])
    np.testing.assert_allclose(product_law.distances(0, density), table.distances(0, density), rtol=1e-6)
    found, exact = product_law.distances(1, density), table.distances(1, density)
    closed_form = 0.7 * np.log(0.7 / 0.9) + 0.2 + 1.6 * np.log(1.6 / 1.3) - 0.3
    np.testing.assert_allclose(exact[0], closed_form, rtol=1e-5)
    np.testing.assert_allclose(found, exact, atol=0.012)  # four standard errors of 10 000 draws
    assert product_law.distances(1, density) == found


def test_a_product_has_no_distance_from_itself(product_law):
    assert product_law.distances(1, other([0.7, 1.6])) == (0, 0)


def test_a_density_that_excludes_what_occurs_is_infinitely_far(product_law):
    divergence, variation = product_law.distances(1, lambda x: np.where(x[:, 0] > 0, -np.inf, other([0.7, 1.6])(x)))
    assert divergence == np.inf
    np.testing.assert_allclose(variation, 1 - np.exp(-0.7), atol=0.02)


def test_states_follow_the_law_and_are_always_the_same(product_law):
    states, weights = product_law.weighted(1)
    np.testing.assert_allclose(weights @ states, MEANS[1], atol=0.05)
    np.testing.assert_array_equal(states, product_law.weighted(np.int64(1))[0])
    assert not product_law.weighted(0)[0].any()


def test_laws_survive_the_disk(product_law, table, tmp_path):
    for law in (product_law, table, TableLaw(*vars(table).values()), unknown_law(np.arange(3.0), 2, "too many states")):
        write_law(tmp_path / "law.safetensors", law)
        again = read_law(tmp_path / "law.safetensors")
        assert type(again) is type(law)
        for name, value in vars(law).items():
            np.testing.assert_array_equal(getattr(again, name), value)
        assert (known_law(tmp_path / "law.safetensors") is None) == (not law.is_known)


def test_a_file_of_something_else_is_refused(tmp_path):
    write_tensors(tmp_path / "law.safetensors", "exact law", {"times": np.zeros(1)})
    with pytest.raises(InputError, match=r"law.safetensors: holds no exact law; delete it"):
        read_law(tmp_path / "law.safetensors")


def test_a_law_of_some_variables_is_not_that_of_all(table):
    part = TableLaw(table.times, table.states[:, :1], table.probabilities, table.lost, np.array([2]))
    assert part.variables.tolist() == [2]
    assert of_all(part, 3) is None
    assert of_all(None, 2) is None
    assert of_all(table, 2) is table


def test_an_unknown_law_has_no_marginals():
    with pytest.raises(ValueError, match="check is_known first"):
        unknown_law(np.arange(3.0), 2, "").marginals(0, 4)


def test_a_law_is_told_in_words(product_law, table):
    def part(columns: list[int], lost: float) -> TableLaw:
        states = np.zeros((1200, len(columns)), dtype=np.int64)
        return TableLaw(np.arange(2.0), states, np.zeros((2, 1200)), np.array([0, lost]), np.array(columns))

    names = ["A", "B", "C", "D"]
    drawn = "independent Poisson distributions (distances are means over 10 000 draws)"
    assert describe_law(product_law, ["S", "I"]) == f"all 2 variables, {drawn}"
    assert describe_law(table, ["S", "I"]) == (
        "all 2 variables, a table of 169 states, at most 1e-07 of the probability lost"
    )
    told = "of 4 variables, a table of 1 200 states"
    assert describe_law(part([0, 1, 2], 1.1e-7), names) == (f"A … C {told}, at most 2e-07 of the probability lost")
    assert describe_law(part([0, 1], 0), names) == f"A, B {told}, nothing lost"
    assert describe_law(part([0, 1, 3], 0), names) == f"A, B, D {told}, nothing lost"
    assert describe_law(part([0], 0), ["n"]) == "the only variable, a table of 1 200 states, nothing lost"
    assert describe_law(unknown_law(np.arange(3.0), 2, "it needs more"), ["S", "I"]) == "unknown: it needs more"
    assert describe_law(unknown_law(np.arange(3.0), 2, ""), ["S", "I"]) == "unknown"
    some = dataclasses.replace(part([0, 1], 0), reason="it needs more")
    assert describe_law(some, names) == f"A, B {told}, nothing lost; for all 4 variables it needs more"


def test_a_law_of_an_older_version_is_read_without_a_reason(tmp_path, table):
    tensors = {name: value for name, value in vars(table).items() if name != "reason"}
    write_tensors(tmp_path / "law.safetensors", "exact law", tensors)
    assert read_law(tmp_path / "law.safetensors").reason == ""


def test_kl_and_tv_equal_scipy():
    rng = np.random.default_rng(6)
    p, q = rng.dirichlet(np.ones(20)), rng.dirichlet(np.ones(20))
    assert kl(p, np.log(q)) == pytest.approx(entropy(p, q))
    assert tv(p, np.log(q)) == pytest.approx(cdist([p], [q], "cityblock").item() / 2)


def test_kl_of_two_poisson_laws_is_known_in_closed_form():
    counts = np.arange(200)
    p, log_q = poisson(7).pmf(counts), poisson(9).logpmf(counts)
    assert kl(p[p > 0], log_q[p > 0]) == pytest.approx(7 * np.log(7 / 9) + 2)


def test_kl_is_not_negative_by_rounding():
    assert kl(np.array([0.5, 0.5]), np.log([0.5, 0.5]) + 1e-9) == 0


@pytest.mark.parametrize(("mass", "found"), [(OUTSIDE / 2, 0), (2 * OUTSIDE, np.inf)])
def test_kl_is_infinite_where_the_density_excludes_more_than_a_trace(mass, found):
    assert kl(np.array([1 - mass, mass]), np.array([0, -np.inf])) == pytest.approx(found, abs=1e-5)


def test_tv_of_disjoint_laws_is_one():
    assert tv(np.array([1.0]), np.array([-np.inf])) == 1
