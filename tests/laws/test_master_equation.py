"""The exact law against closed forms, a dense matrix exponential and simulated counts."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import binom, chisquare, poisson

from weightflow.errors import InputError
from weightflow.laws.law import TableLaw, read_law, write_law
from weightflow.laws.master_equation import solve_master_equation
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate


@pytest.fixture(scope="module")
def built_in(root):
    """Name of a built-in system to the system."""
    return lambda name: read_system(root / "resources" / "systems" / f"{name}.yaml")


@pytest.fixture(scope="module")
def epidemic(built_in) -> TableLaw:
    return solve_master_equation(built_in("epidemic"))


def as_dict(law: TableLaw, t: int) -> dict:
    return {tuple(state): p for state, p in zip(law.states.tolist(), law.probabilities[t], strict=True)}


def assert_follows(counts: np.ndarray, law: TableLaw, t: int) -> None:
    """Chi-square of simulated joint states (N, d); states expected fewer than 5 times are gathered into one."""
    expected = law.probabilities[t] * len(counts)
    frequent = np.flatnonzero(expected >= 5)
    number = {tuple(state): i for i, state in enumerate(law.states[frequent].tolist())}
    found = np.bincount(
        [number.get(tuple(state), len(frequent)) for state in counts.tolist()], minlength=len(frequent) + 1
    )
    expected = np.append(expected[frequent], len(counts) - expected[frequent].sum())
    assert len(frequent) > 10
    assert chisquare(found, expected).pvalue > 1e-3


def test_birth_and_death_stays_poisson(built_in):
    law = solve_master_equation(built_in("birth_death"))
    for t in range(101):
        goal = poisson(10 - 9 * np.exp(-0.01 * t)).pmf(np.arange(60))
        assert law.marginals(t, 60)[0] == pytest.approx(goal, abs=law.lost[t] + 1e-10)
    assert law.lost[-1] < 1e-6


def test_decay_is_binomial(system):
    law = solve_master_equation(system({"X -> 0": "0.4 * X"}, {"X": 30}))
    for t in range(5):
        assert law.marginals(t, 31)[0] == pytest.approx(binom(30, np.exp(-0.4 * t)).pmf(np.arange(31)), abs=1e-11)


@pytest.mark.parametrize("on", ["0.5 * (1 - G)", "0.5 * (1 - G) * (1 + 0 * t)"], ids=["constant", "moving"])
def test_a_switch_relaxes_exponentially(system, on):
    law = solve_master_equation(system({"0 -> G": on, "G -> 0": "1.5 * G"}, {"G": 0}, points=9, step=0.3))
    assert law.states.tolist() == [[0], [1]]
    goal = 0.25 * (1 - np.exp(-2 * 0.3 * np.arange(9)))
    assert law.probabilities[:, 1] == pytest.approx(goal, abs=1e-8)


def test_immigrants_that_convert_are_independent_poissons(system):
    network = system({"0 -> A": "4", "A -> B": "2 * A", "B -> 0": "B"}, {"A": 0, "B": 0}, points=4, step=0.5)
    law = solve_master_equation(network)
    for t, time in enumerate(0.5 * np.arange(4)):
        a, b = 2 * (1 - np.exp(-2 * time)), 4 * (1 - 2 * np.exp(-time) + np.exp(-2 * time))
        goal = poisson(a).pmf(law.states[:, 0]) * poisson(b).pmf(law.states[:, 1])
        assert law.probabilities[t] == pytest.approx(goal, abs=1e-6)
        assert (law.probabilities[t] <= goal + 1e-12).all()


def test_births_at_a_rate_that_changes_in_time_are_poisson(system):
    law = solve_master_equation(system({"0 -> X": "3 * (1 + sin(t))"}, {"X": 0}, points=6, step=1.3))
    for t, time in enumerate(1.3 * np.arange(6)):
        goal = poisson(3 * (time + 1 - np.cos(time))).pmf(np.arange(80))
        assert law.marginals(t, 80)[0] == pytest.approx(goal, abs=1e-6)
    assert 0 < law.lost[-1] < 1e-6


def test_a_rate_that_is_zero_at_first_still_leads_somewhere(system):
    law = solve_master_equation(system({"X -> 0": "max(0, t - 2) * X"}, {"X": 5}))
    assert law.marginals(4, 6)[0] == pytest.approx(binom(5, np.exp(-2)).pmf(np.arange(6)), abs=1e-7)


def test_a_nonlinear_network_equals_a_dense_matrix_exponential(system):
    reactions = {"2 A -> B": "0.3 * A**2", "B -> 2 A": "0.7 * B", "A + B -> A": "0.2 * A * B / (1 + B)"}
    law = solve_master_equation(system(reactions, {"A": 7, "B": 2}, points=4, step=0.8))

    changes = [(-2, 1), (2, -1), (0, -1)]
    rates = [lambda a, b: 0.3 * a**2, lambda a, b: 0.7 * b, lambda a, b: 0.2 * a * b / (1 + b)]
    states = [(a, b) for a in range(12) for b in range(7)]
    generator = np.zeros((len(states), len(states)))
    for i, (a, b) in enumerate(states):
        for (da, db), rate in zip(changes, rates, strict=True):
            if (a + da, b + db) in states:
                generator[states.index((a + da, b + db)), i] += rate(a, b)
                generator[i, i] -= rate(a, b)
    start = np.eye(len(states))[states.index((7, 2))]
    for t in range(4):
        goal = dict(zip(states, expm(0.8 * t * generator) @ start, strict=True))
        found = as_dict(law, t)
        assert found == pytest.approx({state: goal[state] for state in found}, abs=1e-11)
        assert sum(goal[state] for state in found) == pytest.approx(1, abs=1e-9)


def test_moving_rates_that_stand_still_give_the_law_of_constant_ones(system):
    reactions = {"S + I -> 2 I": "0.02 * S * I", "I -> R": "0.1 * I", "R -> S": "0.05 * R", "I -> 0": "0.02 * I"}
    still = solve_master_equation(system(reactions, {"S": 25, "I": 5, "R": 0}, points=21))
    reactions["S + I -> 2 I"] += " + 0 * t"
    moving = solve_master_equation(system(reactions, {"S": 25, "I": 5, "R": 0}, points=21))
    for t in range(21):
        goal, found = as_dict(still, t), as_dict(moving, t)
        assert sum(abs(goal.get(s, 0) - found.get(s, 0)) for s in goal | found) < 1e-7


def test_a_closed_system_finds_its_space_and_loses_nothing(system):
    reactions = {"A -> B": "A", "B -> C": "B", "C -> A": "C"}
    law = solve_master_equation(system(reactions, {"A": 15, "B": 0, "C": 0}))
    assert len(law.states) == 16 * 17 // 2
    assert (law.states.sum(1) == 15).all()
    assert law.lost == pytest.approx(np.zeros(5), abs=1e-12)


def test_genes_stay_genes(system):
    reactions = {
        "0 -> G + 2 P": "0.5 * (1 - G)",
        "G + 2 P -> 0": "0.01 * G * P**2",
        "G -> G + P": "5 * G",
        "P -> 0": "P",
    }
    law = solve_master_equation(system(reactions, {"G": 1, "P": 0}))
    assert law.states.min(0).tolist() == [0, 0]
    assert law.states[:, 0].max() == 1


@pytest.mark.parametrize("birth", ["20", "20 + 10 * sin(t)"], ids=["constant", "moving"])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_the_lost_mass_bounds_every_error(system, birth, tolerance):
    network = system({"0 -> X": birth, "X -> 0": "X * (1 + X / 40)"}, {"X": {"poisson": 3}}, step=0.5)
    rough, fine = (solve_master_equation(network, tolerance=x) for x in (tolerance, 1e-9))
    assert len(rough.states) < len(fine.states)
    for t in range(5):
        truth, found = as_dict(fine, t), as_dict(rough, t)
        outside = sum(p for state, p in truth.items() if state not in found)
        missing = np.array([truth[state] - p for state, p in found.items()])
        assert outside <= rough.lost[t] + 1e-8
        assert missing.min() > -1e-8
        assert missing.sum() <= rough.lost[t] + 1e-8
    assert 0 < rough.lost[-1] <= tolerance


@pytest.mark.parametrize("tolerance", [1e-3, 1e-8, 1e-11])
def test_no_more_is_lost_than_the_tolerance_allows(system, tolerance):
    reactions = {"0 -> A": "30", "A -> B": "A", "B -> 0": "2 * B"}
    network = system(reactions, {"A": {"poisson": 10}, "B": {"poisson": 0}}, step=0.3)
    law = solve_master_equation(network, tolerance=tolerance)
    assert 0 < law.lost.max() <= tolerance


def test_a_state_without_reactions_stays(system):
    law = solve_master_equation(system({"X -> 0": "X"}, {"X": 0}))
    assert law.states.tolist() == [[0]]
    assert law.probabilities == pytest.approx(np.ones((5, 1)))


@pytest.mark.slow
def test_what_is_lost_and_what_is_left_make_one(epidemic):
    assert epidemic.probabilities.min() >= 0
    assert epidemic.probabilities.sum(1) + epidemic.lost == pytest.approx(np.ones(101), abs=1e-12)


@pytest.mark.parametrize(
    ("reactions", "initial"),
    [
        ({"X -> 2 X": "X"}, {"X": 1}),
        ({"0 -> X": "1 + t", "0 -> Y": "2"}, {"X": 0, "Y": 0}),
        ({"0 -> X": "1"}, {"X": {"poisson": 1e4}}),
        ({"X -> Y": "X"}, {"X": 600, "Y": 0}),
        ({f"X{i} -> X{i + 1}": f"X{i}" for i in range(20)}, {f"X{i}": 9 for i in range(21)}),
    ],
    ids=["explosion", "moving", "wide start", "closed", "many species"],
)
def test_too_many_states_leave_the_law_unknown(system, reactions, initial):
    law = solve_master_equation(system(reactions, initial, step=4.0), max_states=50)
    assert not law.is_known
    assert re.search(r" states.*, and evaluation.exact.max_states is 50$", law.reason)
    assert law.states.shape == (0, len(initial))
    assert law.lost.tolist() == [1] * 5
    with pytest.raises(ValueError, match="the exact law is unknown"):
        law.marginals(0, 10)


def test_no_states_allowed_switches_it_off(system):
    law = solve_master_equation(system({"X -> 0": "X"}, {"X": 1}), max_states=0)
    assert not law.is_known
    assert law.reason == "evaluation.exact.max_states is 0"


@pytest.mark.parametrize("rate", ["1e7 * X", "1e7 * (2 + sin(t)) * X"])
def test_states_too_short_lived_leave_the_law_unknown(system, rate):
    law = solve_master_equation(system({"X -> Y": rate, "Y -> X": "Y"}, {"X": 9, "Y": 0}))
    assert not law.is_known
    assert "so short that the solution would take hours" in law.reason


def test_a_large_closed_system_needs_no_more_than_where_it_goes(system):
    law = solve_master_equation(system({"X -> Y": "0.001 * X"}, {"X": 900, "Y": 0}), max_states=200)
    assert law.marginals(4, 60)[1] == pytest.approx(binom(900, 1 - np.exp(-0.004)).pmf(np.arange(60)), abs=1e-6)


@pytest.mark.parametrize("propensity", ["X - 2.5", "1 / (X - 2)", "log(X - 1.5)", "X * cos(t)"])
def test_a_negative_or_undefined_propensity_is_refused(system, propensity):
    with pytest.raises(InputError, match="the propensity of 'X -> 0' is negative or undefined"):
        solve_master_equation(system({"X -> 0": propensity, "0 -> X": "1"}, {"X": 3}))


@pytest.mark.slow
def test_a_reaction_that_lacks_what_it_consumes_does_not_fire(system):
    network = system({"2 X -> 0": "X**2"}, {"X": 3}, points=2, step=20.0)
    assert as_dict(solve_master_equation(network), 1) == pytest.approx({(3,): 0, (1,): 1}, abs=1e-12)
    assert (simulate(network, 50, seed=0)[:, -1] == 1).all()


def test_marginals_drop_counts_beyond_the_levels(system):
    law = solve_master_equation(system({"X -> Y": "X"}, {"X": 3, "Y": 0}))
    assert law.marginals(0, 2).tolist() == [[0, 0], [1, 0]]
    assert law.marginals(0, 6).tolist() == [[0, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0, 0]]


@pytest.mark.parametrize("max_states", [0, 100])
def test_round_trip(system, tmp_path, max_states):
    law = solve_master_equation(system({"0 -> X": "1", "X -> 0": "X"}, {"X": {"poisson": 2}}), max_states)
    write_law(tmp_path / "law.safetensors", law, title="Test")
    again = read_law(tmp_path / "law.safetensors")
    assert again.is_known is law.is_known is (max_states > 0)
    for name in ("times", "states", "probabilities", "lost"):
        assert np.array_equal(getattr(again, name), getattr(law, name))


@pytest.mark.slow
def test_the_rule_writes_the_law_and_says_what_it_is(run_snakemake, tmp_path):
    config = {"datasets": {"births": {"system": "birth_death"}}}
    result = run_snakemake(tmp_path, config, "results/births/exact_law.safetensors")
    assert result.returncode == 0, result.stdout
    assert read_law(tmp_path / "results" / "births" / "exact_law.safetensors").is_known
    log = (tmp_path / "results" / "births" / "logs" / "solve_law.log").read_text()
    assert "Birth and death: the exact law: the only variable, independent Poisson distributions" in log


def test_epidemic_has_its_published_clock_and_start(epidemic):
    assert epidemic.times.tolist() == list(range(101))
    assert as_dict(epidemic, 0)[50, 10, 0] == 1
    assert epidemic.states.sum(1).max() <= 60
    assert epidemic.lost.max() < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize("t", [4, 25, 100])
def test_simulated_epidemics_follow_the_law(built_in, epidemic, t):
    assert_follows(simulate(built_in("epidemic"), 20_000, seed=3)[:, t], epidemic, t)


@pytest.mark.slow
@pytest.mark.parametrize("t", [5, 30])
def test_simulated_toggle_switches_follow_the_law(built_in, t):
    network = built_in("toggle_switch")
    early = replace(network, points=t + 1)
    law = solve_master_equation(early)
    counts = simulate(early, 5_000, seed=4)[:, t]
    assert counts[:, :2].max() == 1
    assert counts.min() >= 0
    assert_follows(counts // [1, 1, 8, 8], coarse(law, [1, 1, 8, 8]), t)


def coarse(law: TableLaw, width: list[int]) -> TableLaw:
    """The law of counts divided by `width`, so that joint states are frequent enough for a chi-square."""
    states, group = np.unique(law.states // width, axis=0, return_inverse=True)
    probabilities = np.stack([np.bincount(group.ravel(), p) for p in law.probabilities])
    return TableLaw(law.times, states, probabilities, law.lost)
