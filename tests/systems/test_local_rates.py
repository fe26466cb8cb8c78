"""Affine propensities near snapshots against the propensities themselves."""

import numpy as np
import pytest

from weightflow.systems.local_rates import local_rates
from weightflow.systems.reading import read_system

HEAD = "title: T\nspecies: [X, Y]\ninitial: {X: 3, Y: 0}\ngrid: {points: 11, step: 0.5}\nreactions:\n"


@pytest.fixture
def network(tmp_path):
    def build(*reactions: str):
        (tmp_path / "system.yaml").write_text(HEAD + "".join(f"  - {reaction}\n" for reaction in reactions))
        return read_system(tmp_path / "system.yaml")

    return build


def test_affine_propensities_are_exact_everywhere(rng, network):
    system = network("{equation: 0 -> X, propensity: 4}", "{equation: X -> Y, propensity: 0.3 * X + 0.1 * Y}")
    snapshots = [np.tile([3, 0], (50, 1)), rng.poisson([5, 2], (80, 2))]
    found = local_rates(system, snapshots, [0, 4], rng)
    for mean in ([3.0, 0.0], [9.0, 1.0], [4.0, 20.0]):
        values, slopes = found.at(0.3, np.array(mean))
        # Per length of the interval, four grid steps of half a unit.
        np.testing.assert_allclose(values, 2 * np.array([4, 0.3 * mean[0] + 0.1 * mean[1]]))
        np.testing.assert_allclose(slopes, 2 * np.array([[0, 0], [0.3, 0.1]]), atol=1e-12)


def test_pairs_are_exact_on_the_line_between_two_points(rng, network):
    system = network("{equation: X + Y -> 0, propensity: 0.5 * X * Y}")
    snapshots = [np.tile(state, (9, 1)) for state in ([2, 10], [12, 4])]
    found = local_rates(system, snapshots, [0, 2], rng)
    for place in (0.0, 0.25, 0.6, 1.0):
        x, y = 2 + 10 * place, 10 - 6 * place
        values, slopes = found.at(place, np.array([x, y]))
        np.testing.assert_allclose(values, [0.5 * x * y])
        np.testing.assert_allclose(slopes, [[0.5 * y, 0.5 * x]])


def test_slopes_are_regressed_on_states_that_vary(rng, network):
    system = network("{equation: X -> 0, propensity: 0.1 * X**3}")
    states = np.stack([rng.integers(0, 9, 400), np.full(400, 7)], 1)
    found = local_rates(system, [states, states], [0, 2], rng)
    expected = np.polyfit(states[:, 0], 0.1 * states[:, 0] ** 3.0, 1)[0]
    np.testing.assert_allclose(found.slopes[0, 0], [[expected, 0]], atol=1e-9)


def test_a_reaction_without_reactants_has_no_rate(rng, network):
    system = network("{equation: X -> 0, propensity: 5}")
    found = local_rates(system, [np.zeros((4, 2), dtype=int), np.ones((4, 2), dtype=int)], [0, 1], rng)
    np.testing.assert_allclose(found.values[:, 0, 0], [0, 2.5])


def test_rates_that_depend_on_time_are_taken_at_their_time(rng, network):
    system = network("{equation: 0 -> X, propensity: 1 + t}")
    states = np.zeros((4, 2), dtype=int)
    found = local_rates(system, [states, states], [2, 6], rng)
    for share in (0.0, 0.3, 1.0):  # physical times 1 … 3
        np.testing.assert_allclose(found.at(share, np.zeros(2))[0], [2 * (2 + 2 * share)])
