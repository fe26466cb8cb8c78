"""Diffusions: simulated cells against closed forms, and an error message for every fault."""

from copy import deepcopy

import numpy as np
import pytest
import yaml
from scipy.linalg import expm

from weightflow.systems.diffusion import Diffusion, follow, measure
from weightflow.systems.reading import check_trajectories, read_system
from weightflow.systems.simulation import simulate

GOOD = {
    "kind": "diffusion",
    "title": "Test",
    "variables": ["x", "y"],
    "parameters": {"k": 0.8},
    "drift": {"x": "-k * (x - 1) - y", "y": "x - k * y"},
    "noise": {"x": 0.5, "y": 0.3},
    "initial": {"x": {"mean": 2, "sd": 0.4}, "y": 0},
    "grid": {"points": 5, "step": 0.5},
}
ONE = {
    "kind": "diffusion",
    "title": "One",
    "variables": ["x"],
    "drift": {"x": 0},
    "noise": {"x": 0.3},
    "initial": {"x": {"mean": 0, "sd": 1}},
    "grid": {"points": 3, "step": 0.5},
}


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, **changes) -> Diffusion:
        path = tmp_path / "system.yaml"
        path.write_text(yaml.safe_dump(deepcopy(content) | changes))
        return read_system(path)

    return write_and_read


def test_entries_are_read(read):
    found = read(GOOD, limits={"value": 100, "cells": 50}, substeps=7)
    assert (found.species, found.points, found.step, found.substeps) == (("x", "y"), 5, 0.5, 7)
    assert (found.limits.value, found.limits.cells) == (100, 50)
    assert found.start.means.tolist() == [[2, 0]]
    assert found.start.deviations.tolist() == [[0.4, 0]]
    assert not found.branches
    assert found.drift_of(np.array([[3.0, 5.0]]), 0.0) == pytest.approx(np.array([[-6.6, -1.0]]))


def test_a_range_of_names_stands_for_each_of_them(read):
    found = read(
        ONE,
        variables=["x1..x3"],
        drift={"x1": 1, "x2..x3": "-{} + x1"},
        noise={"x1..x3": "0.1 * max({}, 0)"},
        initial={"x1..x3": {"mean": 1, "sd": 1}},
    )
    states = np.array([[1.0, 2.0, 5.0]])
    assert found.drift_of(states, 0.0).tolist() == [[1, -1, -4]]
    assert found.noise_of(states, 0.0) == pytest.approx(0.1 * states)


def test_a_mixture_starts_in_its_parts(read):
    parts = [{"share": 3, "start": {"x": -5}}, {"share": 1, "start": {"x": {"mean": 5, "sd": 0.5}}}]
    start = measure(read(ONE, initial=parts), [4000, 2, 2], 1)[0][:, 0]
    assert (start == -5).mean() == pytest.approx(0.75, abs=0.03)
    assert start[start > 0].mean() == pytest.approx(5, abs=0.1)


def test_moments_of_a_linear_diffusion_follow_their_closed_form(read):
    own = read(GOOD, substeps=50)
    cells = follow(own, 20_000, 3)
    matrix, constant = np.array([[-0.8, -1], [1, -0.8]]), np.array([0.8, 0])
    rest = -np.linalg.solve(matrix, constant)
    # The covariance from a matrix exponential (Van Loan 1978, IEEE Trans. Autom. Control 23, 395).
    block = np.block([[-matrix, np.diag([0.25, 0.09])], [np.zeros((2, 2)), matrix.T]])
    for k in (1, 4):
        turned, both = expm(matrix * k * 0.5), expm(block * k * 0.5)
        mean = rest + turned @ (np.array([2, 0]) - rest)
        covariance = turned @ np.diag([0.16, 0]) @ turned.T + both[2:, 2:].T @ both[:2, 2:]
        assert cells[:, k].mean(0) == pytest.approx(mean, abs=0.02)
        assert np.cov(cells[:, k].T) == pytest.approx(covariance, abs=0.02)


def test_the_weak_error_falls_with_the_number_of_substeps(read):
    def error(substeps: int) -> float:
        cells = follow(read(GOOD, substeps=substeps, noise={"x": 0.01, "y": 0.01}), 2000, 3)
        exact = follow(read(GOOD, substeps=400, noise={"x": 0.01, "y": 0.01}), 2000, 3)
        return float(np.abs(cells[:, -1].mean(0) - exact[:, -1].mean(0)).max())

    coarse, fine = error(2), error(20)
    assert fine < coarse / 5
    assert fine < 0.02


def test_constant_rates_leave_the_law_as_it_is(read):
    grown = read(GOOD, division=1.2, death=0.3)
    assert grown.branches
    still, moving = (np.concatenate(measure(own, [3000] * 5, 4)[-1:]) for own in (read(GOOD), grown))
    assert moving.mean(0) == pytest.approx(still.mean(0), abs=0.06)
    assert moving.std(0) == pytest.approx(still.std(0), abs=0.06)


@pytest.mark.parametrize(("division", "death", "sign"), [("0.5 + 0.2 * max(x, -2.5)", 0, 1), (0, "1 - 0.2 * x", -1)])
def test_growth_that_rises_with_the_state_shifts_the_mean(read, division, death, sign):
    # Cells that stay where they are, with growth r(x) = r0 + 0.2 x: at time t the mean is 0.2 t times the variance.
    own = read(ONE, noise={"x": 0}, division=division, death=f"max({death}, 0)", substeps=40, initial=ONE["initial"])
    found = follow(own, 20_000, 2)[:, -1, 0]
    assert found.mean() == pytest.approx(0.2, abs=0.03)
    assert found.std() == pytest.approx(1, abs=0.03)


def test_a_dividing_type_becomes_as_frequent_as_it_grows(read):
    parts = [{"share": 1, "start": {"x": {"mean": x, "sd": 0.01}}} for x in (-1, 1)]
    own = read(ONE, noise={"x": 0.01}, initial=parts, division="0.9 if x > 0 else 0.2", death="0.3", substeps=40)
    share = (follow(own, 20_000, 2)[:, -1, 0] > 0).mean()
    assert share == pytest.approx(np.exp(0.7) / (1 + np.exp(0.7)), abs=0.02)  # e^{(b-d)t} at t = 1, of each type


def test_a_measured_cell_is_gone(read):
    own = read(ONE, noise={"x": 0})
    snapshots = measure(own, [50, 70, 30], 1)
    assert [part.shape for part in snapshots] == [(50, 1), (70, 1), (30, 1)]
    assert len(np.unique(np.concatenate(snapshots))) == 150  # cells stay where they are, so each is recognised


def test_without_division_a_row_is_one_path(read):
    cells = follow(read(ONE, noise={"x": 0}), 20, 1)
    assert np.array_equal(cells[:, 0], cells[:, 2])


def test_a_growing_and_a_shrinking_population_have_as_many_cells_as_are_wanted(read):
    for rates in ({"division": 3}, {"death": 3}):
        own = read(ONE, **rates, substeps=100)
        assert [len(part) for part in measure(own, [20, 2500, 700], 1)] == [20, 2500, 700]
        assert follow(own, 1500, 1).shape == (1500, 3, 1)


def test_the_same_seed_gives_the_same_cells(read):
    own = read(GOOD, division="0.5 + 0.1 * x**2")
    one, other = measure(own, [10, 20, 0, 5, 9], 6), measure(own, [10, 20, 0, 5, 9], 6)
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))
    assert not np.array_equal(one[0], measure(own, [10, 20, 0, 5, 9], 7)[0])
    assert np.array_equal(simulate(own, 30, 6), follow(own, 30, 6))


def test_rates_may_depend_on_time(read):
    own = read(ONE, drift={"x": "2 if t < 0.5 else 0"}, noise={"x": 0})
    cells = follow(own, 30, 1)[:, :, 0]
    assert cells[:, 1] - cells[:, 0] == pytest.approx(1)
    assert cells[:, 2] == pytest.approx(cells[:, 1])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"drift": {"x": "x**3"}}, r"limits\.value: 'x' passes 1e\+06 in a cell at time .*so its path explodes"),
        ({"noise": {"x": "1 - x"}}, r"noise\.x: it is -.* at x = .* and time 0; noise is a standard deviation, 0 or"),
        ({"drift": {"x": "log(x + 0.5)"}}, r"drift\.x: it is nan at x = .*; a drift is a finite number, so change it"),
        ({"division": "x"}, r"division: it is -.* at x = .*; a rate is a number, 0 or more, so change it"),
        ({"division": 3, "grid": {"points": 3, "step": 4}, "substeps": 100}, r"limits\.cells: each cell of the start"),
        ({"division": 200}, r"substeps: 99% of the cells divide or die within a step .* or raise substeps from 20"),
        ({"death": 5, "grid": {"points": 3, "step": 4}, "substeps": 200}, r"death: of 1,000,000 cells of the start"),
    ],
)
def test_a_fault_in_motion_is_one_sentence_with_file_and_key(read, refused, changes, sentence):
    own = read(ONE, **changes)
    with refused(rf"system\.yaml: {sentence}"):
        measure(own, [100, 100, 100], 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"variabels": ["x"]}, "unknown key 'variabels'; did you mean 'variables'?"),
        ({"variables": ["t"]}, "'t' already means the time"),
        ({"parameters": {"x": 1}}, "the name 'x' stands twice among variables and parameters"),
        ({"drift": {}}, "drift: the variable 'x' is missing; add it"),
        ({"drift": {"x": "z"}}, r"drift\.x: the unknown name 'z' is not allowed"),
        ({"drift": {"x": 1, "z": 1}}, "drift: unknown variable 'z'; allowed: x"),
        ({"drift": {"x": "__import__('os')"}}, r"drift\.x: .* is not allowed"),
        ({"noise": {"x": -1}}, r"noise\.x: it is -1 at x = 0 and time 0"),
        ({"noise": {"x": "1 / x"}}, r"noise\.x: it is nan at x = 0"),
        ({"division": "x - 1"}, "division: it is -1 at x = 0"),
        ({"death": "q"}, "death: the unknown name 'q'"),
        ({"initial": {"x": 0}}, "initial: every cell starts in one state, which has no density"),
        ({"initial": {"x": {"mean": 0, "sd": -1}}}, r"initial\.x\.sd: -1 is out of range; it must be at least 0"),
        ({"initial": {"x": {"poisson": 3}}}, r"initial\.x: the key 'mean' is missing"),
        ({"initial": []}, "initial: there is no part"),
        ({"initial": [{"share": 0, "start": {"x": 0}}]}, "share: 0 is out of range; it must be more than 0"),
        ({"initial": [{"share": 1, "start": {"y": 0}}]}, r"initial\.0\.start: unknown variable 'y'; allowed: x"),
        ({"substeps": 0}, "substeps: 0 is out of range"),
        ({"substeps": 5000, "grid": {"points": 5000, "step": 1}}, "make 25,000,000, and 10,000,000 is the most; lower"),
        ({"limits": {"count": 3}}, "limits: unknown key 'count'; .*allowed: value, cells"),
        ({"species": ["x"]}, "unknown key 'species'"),
    ],
)
def test_a_malformed_file_is_refused_with_file_and_key(read, refused, changes, sentence):
    with refused(rf"system\.yaml: .*{sentence}"):
        read(ONE, **changes)


def test_more_cells_than_memory_holds_are_refused(read, refused, monkeypatch):
    monkeypatch.setattr("weightflow.limits.most_bytes", lambda: 1_000)
    with refused(r"d\.trajectories: a simulation of .*system\.yaml.* would take"):
        check_trajectories(read(ONE), 100, "d.trajectories")
