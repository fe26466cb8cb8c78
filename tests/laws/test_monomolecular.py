"""The closed form against the master equation, simulations and known solutions; other networks are left to others."""

import numpy as np
import pytest
from scipy.stats import gamma

from weightflow.laws.master_equation import solve_master_equation
from weightflow.laws.monomolecular import solve_monomolecular
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate

CHAIN = [
    {"equation": "0 -> A", "propensity": "2 + sin(t)"},
    {"equation": "A -> B", "propensity": "3 * A"},
    {"equation": "B -> A", "propensity": "B / 2"},
    {"equation": "B -> 0", "propensity": "0.7 * B * exp(-t)"},
]


def test_birth_and_death_has_its_known_mean(root):
    law = solve_monomolecular(read_system(root / "resources/systems/birth_death.yaml"))
    np.testing.assert_allclose(law.means[:, 0], 10 - 9 * np.exp(-0.01 * np.arange(101)), rtol=1e-7)


def test_the_cascade_is_a_chain_of_waiting_times(root):
    # A molecule is in stage i at time t if it came by one of Gamma(i − 1, 6) times before and not by Gamma(i, 6).
    law = solve_monomolecular(read_system(root / "resources/systems/signalling_cascade_1.yaml"))
    times = 0.1 * law.times
    for i in (1, 2, 7, 14):
        expected = 10 / 6 * (5 / 6) ** (i - 1) * gamma(i, scale=1 / 6).cdf(times)
        np.testing.assert_allclose(law.means[:, i - 1], expected, atol=1e-7)


def test_rates_that_move_give_the_law_of_the_master_equation(system):
    network = system(CHAIN, {"A": {"poisson": 1.5}, "B": 0}, points=5, step=0.6)
    law, exact = solve_monomolecular(network), solve_master_equation(network)
    for t in range(5):
        np.testing.assert_allclose(law.marginals(t, 12), exact.marginals(t, 12), atol=2e-6)
    joint = exact.states[exact.probabilities[4].argmax()]
    alone = law.marginals(4, 12)
    np.testing.assert_allclose(exact.probabilities[4].max(), alone[0, joint[0]] * alone[1, joint[1]], rtol=1e-4)


@pytest.mark.slow
def test_simulated_chains_have_its_means(system):
    network = system(CHAIN, {"A": 0, "B": 0}, points=4, step=0.5)
    counts, law = simulate(network, 4000, 3), solve_monomolecular(network)
    apart = (counts.mean(0) - law.means)[1:] / np.sqrt(law.means[1:] / 4000)
    assert np.abs(apart).max() < 4.5


@pytest.mark.parametrize(
    "reaction",
    [
        {"equation": "A + B -> 0", "propensity": "A * B"},
        {"equation": "A -> A + B", "propensity": "A"},
        {"equation": "0 -> 2 A", "propensity": "1"},
        {"equation": "0 -> A", "propensity": "B"},
        {"equation": "A -> B", "propensity": "A + B"},
        {"equation": "A -> B", "propensity": "1"},
        {"equation": "A -> B", "propensity": "A ** 2"},
        {"equation": "A -> B", "propensity": "min(A, 3)"},
        {"equation": "2 A -> B", "propensity": "A"},
        {"equation": "A -> 0", "propensity": "t * A * A"},
    ],
)
def test_other_reactions_have_no_such_form(system, reaction):
    assert solve_monomolecular(system([*CHAIN, reaction], {"A": 0, "B": 0})) is None


def test_a_start_from_counts_has_no_such_form(system):
    assert solve_monomolecular(system(CHAIN, {"A": 3, "B": 0})) is None
