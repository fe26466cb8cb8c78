"""Simulated counts against laws in closed form and against the library rebop."""

import numpy as np
import pytest
import rebop
import yaml
from scipy.stats import binom, chi2_contingency, chisquare, gamma, poisson

from weightflow.errors import InputError
from weightflow.systems import adaptive_walk, simulation
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate


@pytest.fixture
def system(tmp_path):
    """A network from reactions (a propensity, or a rate for mass action), initial state and grid."""

    def build(reactions: dict[str, str | float], initial: dict, points: int = 5, step: float = 1.0, **others):
        content = {
            "title": "Test",
            "species": list(initial),
            "reactions": [
                {"equation": e, **({"rate": p} if isinstance(p, float) else {"propensity": p})}
                for e, p in reactions.items()
            ],
            "initial": initial,
            "grid": {"points": points, "step": step},
            **others,
        }
        (tmp_path / "system.yaml").write_text(yaml.safe_dump(content))
        return read_system(tmp_path / "system.yaml")

    return build


def assert_follows(counts: np.ndarray, law) -> None:
    """Chi-square of counts against a frozen SciPy law, rare values gathered into the two ends."""
    low, high = int(law.ppf(0.005)), int(law.ppf(0.995))
    found = np.bincount(np.clip(counts, low, high) - low, minlength=high - low + 1)
    expected = law.pmf(np.arange(low, high + 1))
    expected[0], expected[-1] = law.cdf(low), law.sf(high - 1)
    assert chisquare(found, expected / expected.sum() * len(counts)).pvalue > 1e-3


def test_birth_and_death_stays_poisson(root):
    network = read_system(root / "resources" / "systems" / "birth_death.yaml")
    counts = simulate(network, 20_000, seed=1)[:, :, 0]
    for point in (0, 10, 50, 100):
        mean = 10 - 9 * np.exp(-0.01 * point)
        assert counts[:, point].mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / 20_000))
        assert counts[:, point].var() == pytest.approx(mean, rel=0.06)
        assert_follows(counts[:, point], poisson(mean))


def test_births_at_a_rate_that_changes_in_time_are_poisson(system):
    network = system({"0 -> X": "2 * (1 + 0.9 * sin(3 * t))"}, {"X": 0}, points=7, step=0.7)
    counts = simulate(network, 20_000, seed=2)[:, :, 0]
    for point in range(1, 7):
        t = 0.7 * point
        assert_follows(counts[:, point], poisson(2 * (t + 0.3 * (1 - np.cos(3 * t)))))


def test_births_counted_in_separate_intervals_are_independent(system):
    network = system({"0 -> X": "2 + cos(t)"}, {"X": 0}, points=3, step=2.0)
    increments = np.diff(simulate(network, 20_000, seed=3)[:, :, 0], axis=1)
    assert abs(np.corrcoef(increments.T)[0, 1]) < 4 / np.sqrt(20_000)


def test_decay_is_binomial(system):
    network = system({"X -> 0": "0.4 * X"}, {"X": 30}, points=4)
    counts = simulate(network, 20_000, seed=4)[:, :, 0]
    for point in (1, 2, 3):
        assert_follows(counts[:, point], binom(30, np.exp(-0.4 * point)))


def test_decay_at_a_rate_that_changes_in_time_is_binomial(system):
    network = system({"X -> 0": "t / 4 * X"}, {"X": 30}, points=4)
    counts = simulate(network, 20_000, seed=5)[:, :, 0]
    for point in (1, 2, 3):
        assert_follows(counts[:, point], binom(30, np.exp(-(point**2) / 8)))


def test_a_reaction_that_lacks_what_it_consumes_does_not_fire(system):
    network = system({"2 X -> Y": "X**2", "2 Y -> 0": "0.1 * (1 + t) * Y**2"}, {"X": 7, "Y": 0}, points=2, step=500.0)
    assert (simulate(network, 200, seed=6)[:, -1] == [1, 1]).all()


def test_competing_reactions_share_in_proportion_to_their_rates(system):
    network = system({"X -> A": "1 * X", "X -> B": "3 * X"}, {"X": 8, "A": 0, "B": 0}, points=2, step=50.0)
    final = simulate(network, 20_000, seed=6)[:, -1]
    assert (final[:, 0] == 0).all()
    assert_follows(final[:, 1], binom(8, 0.25))


@pytest.mark.slow
def test_epidemic_without_seasons_agrees_with_rebop(root, tmp_path):
    content = yaml.safe_load((root / "resources" / "systems" / "epidemic.yaml").read_text())
    content["parameters"]["season"] = 0
    (tmp_path / "epidemic.yaml").write_text(yaml.safe_dump(content))
    ours = simulate(read_system(tmp_path / "epidemic.yaml"), 3000, seed=7)

    reference = rebop.Gillespie()
    reference.add_reaction(0.003, ["S", "I"], ["I", "I"])
    reference.add_reaction(0.02, ["I"], ["R"])
    reference.add_reaction(0.007, ["R"], ["S"])
    for species, rate in (("S", 0.002), ("I", 0.05), ("R", 0.002)):
        reference.add_reaction(rate, [species], [])
    runs = [reference.run({"S": 50, "I": 10, "R": 0}, tmax=50, nb_steps=100, rng=i) for i in range(1000)]

    for point in (5, 20, 100):
        for place, species in enumerate("SIR"):
            theirs = np.array([int(run[species][point]) for run in runs])
            edges = np.unique(np.quantile(theirs, np.linspace(0, 1, 9)[1:-1]))
            table = [
                np.bincount(np.searchsorted(edges, z), minlength=len(edges) + 1)
                for z in (theirs, ours[:, point, place])
            ]
            table = np.array(table)[:, np.sum(table, axis=0) > 0]
            assert chi2_contingency(table).pvalue > 1e-4, (species, point)


@pytest.mark.slow
def test_a_cascades_counts_are_independent_poissons(root):
    network = read_system(root / "resources" / "systems" / "signalling_cascade_1.yaml")
    counts = simulate(network, 5000, seed=10)[:, :, :14]  # the last protein is not passed on
    for point in (5, 20, 100):
        passed = gamma.cdf(0.1 * point, np.arange(1, 15), scale=1 / 6)  # i exponential stays of rate 5 + 1
        means = 10 / 6 * (5 / 6) ** np.arange(14) * passed
        for species in np.flatnonzero(means > 0.1)[::4]:
            assert_follows(counts[:, point, species], poisson(means[species]))
        assert counts[:, point].mean(0) == pytest.approx(means, abs=5 * np.sqrt(means.max() / 5000))
        assert np.corrcoef(counts[:, point, :4].T)[np.triu_indices(4, 1)] == pytest.approx(0, abs=0.07)


@pytest.mark.slow
def test_mass_action_agrees_with_rebop(system):
    network = system({"X + Z -> Y": 0.3, "Y -> X + Z": 0.5}, {"X": 9, "Y": 0, "Z": 7}, points=2, step=4.0)
    ours = simulate(network, 4000, seed=11)[:, -1, 1]
    reference = rebop.Gillespie()
    reference.add_reaction(0.3, ["X", "Z"], ["Y"])
    reference.add_reaction(0.5, ["Y"], ["X", "Z"])
    runs = [reference.run({"X": 9, "Y": 0, "Z": 7}, tmax=4, nb_steps=1, rng=i) for i in range(4000)]
    theirs = np.array([int(run["Y"][-1]) for run in runs])
    table = np.array([np.bincount(z, minlength=8) for z in (theirs, ours)])
    assert chi2_contingency(table[:, table.sum(0) > 0]).pvalue > 1e-4


def test_adaptive_walks_are_simulated_too(root):
    walk = read_system(root / "resources" / "systems" / "ecological_evolution.yaml")
    assert np.array_equal(simulate(walk, 5, seed=1), adaptive_walk.simulate(walk, 5, seed=1))


def test_start_is_the_systems_initial_state(system):
    counts = simulate(system({"X -> 0": "X"}, {"X": 7}), 50, seed=0)
    assert (counts[:, 0] == 7).all()


def test_a_state_without_reactions_stays(system):
    counts = simulate(system({"X -> 0": "X"}, {"X": 0}), 20, seed=0)
    assert not counts.any()


def test_same_seed_gives_the_same_bytes_on_any_number_of_threads(root, monkeypatch):
    network = read_system(root / "resources" / "systems" / "epidemic.yaml")
    whole = simulate(network, 300, seed=8)
    monkeypatch.setattr(simulation, "_CHUNK", 70)
    for threads in (1, 3):
        np.testing.assert_array_equal(simulate(network, 300, 8, threads), whole)


def test_another_seed_gives_other_trajectories(root):
    network = read_system(root / "resources" / "systems" / "epidemic.yaml")
    assert not np.array_equal(simulate(network, 20, seed=8), simulate(network, 20, seed=9))


def test_a_trajectory_does_not_depend_on_how_many_are_simulated(root):
    network = read_system(root / "resources" / "systems" / "birth_death.yaml")
    assert np.array_equal(simulate(network, 600, seed=8)[:20], simulate(network, 20, seed=8))


def test_too_many_events_are_a_runaway(system):
    network = system({"X -> Y": "100 * X", "Y -> X": "100 * Y"}, {"X": 10, "Y": 0}, limits={"events": 1000})
    with pytest.raises(InputError, match=r"system\.yaml: limits\.events: a trajectory passed 1000 events; lower"):
        simulate(network, 3, seed=0)


def test_too_large_a_count_is_a_runaway(system):
    network = system({"X -> 2 X": "X", "0 -> Y": "1"}, {"Y": 0, "X": 10}, step=20.0, limits={"count": 500})
    with pytest.raises(InputError, match=r"system\.yaml: limits\.count: 'X' passed 500 in a trajectory; lower"):
        simulate(network, 3, seed=0)


def test_a_count_may_reach_the_limit(system):
    network = system({"X -> 0": "X", "0 -> X": "10 * (5 - X)"}, {"X": 0}, points=20, limits={"count": 5})
    assert simulate(network, 50, seed=0).max() == 5


@pytest.mark.parametrize(
    "propensity", ["X - 1.5", "log(X - 1.5)", "1 / (X - 2)", "sqrt(X - 1.5)", "5 * cos(t)", "1 / (2 - t)"]
)
def test_a_negative_or_undefined_propensity_is_refused(system, propensity):
    network = system({"X -> 0": propensity}, {"X": 3}, points=20)
    with pytest.raises(InputError, match=r"system\.yaml: the propensity of 'X -> 0' became negative or undefined"):
        simulate(network, 10, seed=0)
