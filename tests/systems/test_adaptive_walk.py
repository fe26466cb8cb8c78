"""Adaptive walks against closed forms, and simulated walks against their exact law."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import chisquare

from weightflow.systems.adaptive_walk import AdaptiveWalk, generator, law, simulate
from weightflow.systems.expressions import compile_expression
from weightflow.systems.reading import read_system


def walk(fitness: str, alleles: int = 2, loci: int = 1, initial=None, points: int = 5, step: float = 0.5, rate=2.0):
    species = tuple(f"x{i}" for i in range(1, loci + 1))
    program = compile_expression(fitness, species, {}, "test")
    return AdaptiveWalk("Test", "", species, alleles, program, rate, initial, points, step)


RUGGED = {"fitness": "sin(3 * x1 + 2 * x2) + 0.1 * x1", "alleles": 5, "loci": 2}


def test_two_alleles_relax_exponentially():
    states, probabilities = law(walk("x1"))
    times = 0.5 * np.arange(5)
    assert states.tolist() == [[0], [1]]
    assert probabilities[:, 1] == pytest.approx(1 - 0.5 * np.exp(-times))  # half of 2 proposals draw the better one


def test_loci_that_add_up_are_independent():
    states, probabilities = law(walk("x1 + 3 * x2", loci=2))
    better = 1 - 0.5 * np.exp(-0.5 * 0.5 * np.arange(5))  # each locus gets half of the proposals
    expected = np.stack([np.where(state, better[:, None], 1 - better[:, None]).prod(1) for state in states], 1)
    assert probabilities == pytest.approx(expected)


def test_the_law_is_the_generators_matrix_exponential():
    rugged = walk(**RUGGED, initial=np.array([2, 3]))
    states, probabilities = law(rugged)
    start = (states == [2, 3]).all(1)
    expected = expm(2.0 * generator(rugged).toarray()) @ start
    assert probabilities[4] == pytest.approx(expected, abs=1e-12)


def test_rates_lead_uphill_by_one_locus_and_columns_sum_to_zero():
    rugged = walk(**RUGGED)
    rates, states, fitness = generator(rugged), rugged.states(), rugged.landscape().ravel()
    assert rates.sum(0) == pytest.approx(0, abs=1e-12)
    target, source = np.nonzero(rates.toarray() > 0)
    assert (fitness[target] > fitness[source]).all()
    assert ((states[target] != states[source]).sum(1) == 1).all()
    assert len(target) == sum(  # every better genotype that differs in one locus
        (fitness > fitness[i])[(states != states[i]).sum(1) == 1].sum() for i in range(len(states))
    )


@pytest.mark.slow
@pytest.mark.parametrize("initial", [None, np.array([2, 3])])
@pytest.mark.parametrize("t", [1, 4])
def test_simulated_walks_follow_the_law(initial, t):
    rugged = walk(**RUGGED, initial=initial)
    _, probabilities = law(rugged)
    counts = simulate(rugged, 20_000, seed=3)[:, t]
    found = np.bincount(counts @ [5, 1], minlength=25)
    likely = probabilities[t] * 20_000 > 1
    assert found[~likely].sum() <= 10
    expected = probabilities[t][likely]
    assert chisquare(found[likely], expected / expected.sum() * found[likely].sum()).pvalue > 1e-3


def test_fitness_never_falls():
    rugged = walk(**RUGGED, points=30)
    paths = simulate(rugged, 200, seed=1)
    fitness = rugged.landscape()[paths[..., 0], paths[..., 1]]
    assert (np.diff(fitness, axis=1) >= 0).all()
    assert (fitness[:, -1] > fitness[:, 0]).any()


def test_on_level_ground_nothing_is_fitter():
    paths = simulate(walk("1", alleles=4, loci=2), 50, seed=2)
    assert (paths == paths[:, :1]).all()
    assert len(np.unique(paths[:, 0], axis=0)) > 8


def test_a_trajectory_depends_on_the_seed_and_its_number_alone():
    rugged = walk(**RUGGED)
    many = simulate(rugged, 600, seed=8)
    assert many.shape == (600, 5, 2)
    assert many.dtype == np.int32
    assert np.array_equal(many[:20], simulate(rugged, 20, seed=8))
    assert not np.array_equal(many[:20], simulate(rugged, 20, seed=9))


@pytest.mark.slow
def test_ecological_evolution_climbs_as_its_law_says(root):
    ecological = read_system(root / "resources" / "systems" / "ecological_evolution.yaml")
    states, probabilities = law(ecological)
    assert len(states) == 10_000
    assert probabilities.sum(1) == pytest.approx(1)
    assert probabilities[0] == pytest.approx(1e-4)
    fitness = ecological.landscape()
    means = probabilities @ fitness.ravel()
    spread = np.sqrt(probabilities @ fitness.ravel() ** 2 - means**2)
    paths = simulate(ecological, 2000, seed=5)
    found = fitness[paths[..., 0], paths[..., 1]].mean(0)
    assert (np.abs(found - means) < 4.5 * spread / np.sqrt(2000)).all()
    assert means[-1] > 0.99 * fitness.max() > 2 * means[0]
