"""Path energies against linear assignment, closed forms, and paths worked by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import norm

from weightflow.data.representation import Representation
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Reals
from weightflow.evaluation import path_energy
from weightflow.evaluation.moments import Run
from weightflow.evaluation.path_energy import (
    COLUMNS,
    MOST_STATES,
    MOST_TIMES,
    rest_energy,
    shown_times,
    states_energy,
    tabulate_path_energy,
    weights_energy,
)
from weightflow.prediction.figure_grids import FigureGrids
from weightflow.prediction.predictions import Prediction

paths = st.tuples(st.integers(2, 4), st.integers(1, 6), st.integers(1, 3)).flatmap(
    lambda shape: arrays(float, shape, elements=st.floats(-50, 50, width=32))
)


def assigned(x: np.ndarray, y: np.ndarray) -> float:
    """W2² of equally many states, by the best assignment."""
    cost = cdist(x, y, "sqeuclidean")
    return cost[linear_sum_assignment(cost)].mean()


def reals(states: list[np.ndarray], times: np.ndarray, observed: np.ndarray | None = None) -> Snapshots:
    names = [f"x{v}" for v in range(states[0].shape[1])]
    seen = np.ones(len(times), dtype=bool) if observed is None else observed
    space = Reals.of([one for one in states if len(one)])
    return Snapshots(times, states, [], seen, names, space, "training", "h")


def moving(samples: list[np.ndarray], times: np.ndarray, speed: float = 1.0) -> Prediction:
    """A prediction whose two weights move straight, at a speed each."""
    fine = np.linspace(times[0], times[-1], 201)
    path = speed * np.stack([fine, -fine], axis=1)
    return Prediction(times, samples, figures=FigureGrids(path_times=fine, path_weights=path.astype(np.float32)))


def test_translated_points_have_the_energy_of_their_speed(rng):
    times, speed = np.array([0.0, 0.5, 2.0, 3.0]), np.array([3.0, -4.0])
    cloud = rng.normal(size=(60, 2))
    found = states_energy([cloud[rng.permutation(60)] + t * speed for t in times], times)
    np.testing.assert_allclose(found, 25 * times)


def test_energy_is_that_of_the_best_assignment(rng):
    times = np.array([0.0, 1.0, 1.5, 4.0])
    states = [rng.normal(t, 1 + t, (30, 3)) for t in times]
    steps = [assigned(states[k], states[k + 1]) / (times[k + 1] - times[k]) for k in range(3)]
    np.testing.assert_allclose(states_energy(states, times), [0, *np.cumsum(steps)])


def test_repeated_counts_are_states_of_their_own(rng):
    states = [rng.poisson(3 + t, (40, 2)) for t in range(3)]
    steps = [assigned(states[k], states[k + 1]) for k in range(2)]
    np.testing.assert_allclose(states_energy(states, np.arange(3.0)), [0, *np.cumsum(steps)])


def test_normal_laws_have_the_energy_of_means_and_spreads(rng):
    """W2² of normal laws in one variable is the squared difference of the means and of the standard deviations."""
    ranks = norm.ppf((np.arange(300) + 0.5) / 300)
    states = [rng.permutation(2 * t + (1 + t) * ranks)[:, None] for t in range(3)]
    np.testing.assert_allclose(states_energy(states, np.arange(3.0)), [0, 5, 10], rtol=0.01)


@given(paths)
def test_energy_never_falls_and_has_the_square_of_distances(states):
    times = np.arange(len(states)) / 2.0
    for energy, path in ((states_energy, states), (weights_energy, states[:, 0])):
        found = energy(path, times)
        assert found[0] == 0
        assert (np.diff(found) >= 0).all()
        np.testing.assert_allclose(energy(path / 2, times), found / 4, atol=1e-9)


def test_straight_weights_have_half_their_squared_speed():
    times = np.array([0.0, 0.25, 1.0, 3.0])
    weights = np.array([1.0, 2.0]) + times[:, None] * np.array([3.0, -4.0])
    np.testing.assert_allclose(weights_energy(weights, times), 12.5 * times)


def test_weights_in_pieces_have_the_sum_of_their_pieces():
    """Speed 1 for two hours, then 3 for one: ½ (1 · 2 + 9 · 1)."""
    times = np.linspace(0, 3, 31)
    weights = np.interp(times, [0, 2, 3], [0, 2, 5])[:, None]
    assert weights_energy(weights, times)[[20, -1]] == pytest.approx([1, 5.5])


def test_curved_weights_approach_the_integral_from_below():
    exact = quad(lambda t: 0.5 * (np.cos(t) ** 2 + (2 * t) ** 2), 0, 2)[0]
    found = []
    for count in (5, 20, 201):
        times = np.linspace(0, 2, count)
        found.append(weights_energy(np.stack([np.sin(times), times**2], axis=1), times)[-1])
    assert found[0] < found[1] < found[2] < exact
    assert found[2] == pytest.approx(exact, rel=1e-4)


def test_samples_at_rest_have_the_energy_of_rest(rng):
    """The means over many draws agree."""
    times, still, rest = np.array([0.0, 1.0, 3.0]), [], []
    for _ in range(60):
        halves = [(rng.normal(size=(20, 2)), rng.normal(size=(20, 2))) for _ in times]
        still.append(states_energy([both[k % 2] for k, both in enumerate(halves)], times)[-1])
        rest.append(rest_energy(halves, times)[-1])
    assert np.mean(still) == pytest.approx(np.mean(rest), rel=0.1)
    assert np.mean(rest) > 0.1


def test_a_path_of_one_time_has_no_energy_yet(rng):
    states = rng.normal(size=(4, 2))
    for found in (
        states_energy([states], np.zeros(1)),
        rest_energy([(states, states)], np.zeros(1)),
        weights_energy(states[:1], np.zeros(1)),
    ):
        np.testing.assert_array_equal(found, [0.0])


def test_the_data_and_every_run_have_a_row_at_every_time(rng):
    times = np.array([0.0, 1.0, 2.0, 4.0])
    cloud = rng.normal(size=(80, 2)) / 100
    states = [cloud + 3 * t for t in times]
    data = reals(states, times, np.array([True, False, False, True]))
    runs = [Run("d", model, seed, data, moving(states, times)) for model in ("one", "two") for seed in (0, 5)]
    table = tabulate_path_energy("d", data, runs)
    assert list(table.columns) == COLUMNS
    assert len(table) == 5 * 4
    assert table["source"].tolist() == ["data"] * 4 + ["run"] * 16
    assert table.loc[table["source"] == "data", ["model", "seed", "energy_weights"]].isna().all(axis=None)
    assert table.loc[table["seen"], "time"].unique().tolist() == [0, 4]
    for _, own in table.groupby(["source", "model", "seed"], dropna=False):
        np.testing.assert_allclose(own["energy_states"], 18 * times, rtol=0.02)
        assert (own["energy_rest"] < 0.01).all()
        if own["source"].iloc[0] == "run":
            np.testing.assert_allclose(own["energy_weights"], times, rtol=1e-4)


def test_neighbouring_times_share_no_trajectory(rng):
    """Resting trajectories have no energy if each is paired with itself; samples of rest have."""
    times = np.arange(4.0)
    table = tabulate_path_energy("d", reals([rng.normal(size=(60, 2))] * 4, times), [])
    last = table.iloc[-1]
    assert last["energy_states"] > 0.1
    assert last["energy_states"] == pytest.approx(last["energy_rest"], rel=0.3)


def test_all_have_the_same_number_of_states_at_a_time(rng, monkeypatch):
    seen: list[tuple[int, int]] = []

    def count(x, y):
        seen.append((len(x), len(y)))
        return 0.0

    monkeypatch.setattr(path_energy, "w2_squared", count)
    times = np.arange(3.0)
    data = reals([rng.normal(size=(n, 1)) for n in (40, 2000, 31)], times)
    prediction = moving([rng.normal(size=(n, 1)) for n in (1500, 1500, 1500)], times)
    tabulate_path_energy("d", data, [Run("d", "m", 0, data, prediction)])
    assert seen == [(20, 500), (500, 15), (20, 20), (500, 500), (15, 15)] * 2
    assert MOST_STATES == 500


def test_times_are_few_and_have_states(rng):
    times = np.arange(60.0)
    states = [rng.normal(size=(1 if t == 7 else 9, 1)) for t in times]
    data = reals(states, times, (times >= 3) & (times < 50))
    found = shown_times(data)
    assert len(found) == MOST_TIMES
    assert (found[0], found[-1]) == (3, 59)
    assert 7 not in found
    assert set(np.diff(found)) <= {2, 3, 4}
    few = reals(states[:6], times[:6])
    assert shown_times(few).tolist() == [0, 1, 2, 3, 4, 5]


def test_a_run_ends_before_a_time_without_samples(rng):
    times = np.arange(5.0)
    states = [rng.normal(size=(9, 1)) for _ in times]
    data = reals(states, times)
    ends = moving([*states[:3], states[3][:0], states[4]], times)
    never = moving([one[:0] for one in states], times)
    table = tabulate_path_energy("d", data, [Run("d", "ends", 0, data, ends), Run("d", "never", 0, data, never)])
    assert table["model"].value_counts().to_dict() == {"ends": 3}


def test_a_run_without_weights_has_the_energy_of_its_states_alone(rng):
    times = np.arange(2.0)
    data = reals([rng.normal(size=(9, 1)) for _ in times], times)
    table = tabulate_path_energy("d", data, [Run("d", "m", 0, data, Prediction(times, data.training))])
    assert table["energy_weights"].isna().all()
    assert table["energy_states"].notna().all()


def test_data_without_states_has_no_rows(rng):
    data = reals([rng.normal(size=(1, 1)), rng.normal(size=(1, 1))], np.arange(2.0))
    assert tabulate_path_energy("d", data, []).empty


def test_scaled_values_have_their_own_units(rng):
    times = np.arange(3.0)
    data = reals([rng.normal(t, 1, (40, 2)) for t in times], times)
    scaled = Representation(["x0", "x1"], np.zeros(2), np.eye(2) / 10, 10 * np.eye(2))
    assert scaled.is_scaling
    found = [tabulate_path_energy("d", one, []) for one in (data, dataclasses.replace(data, representation=scaled))]
    np.testing.assert_allclose(found[1]["energy_states"], 100 * found[0]["energy_states"])


def test_the_same_run_has_the_same_energy_beside_any_other(counts):
    runs = [Run("d", m, 0, counts, Prediction(counts.times, counts.training)) for m in ("one", "two")]
    tables = [tabulate_path_energy("d", counts, some) for some in (runs, runs[1:])]
    both, alone = (table[table["model"] == "two"].reset_index(drop=True) for table in tables)
    pd.testing.assert_frame_equal(both, alone)
    assert both["energy_states"].iloc[-1] > 0
