"""Normal laws of linear diffusions, against matrix exponentials, simulated cells and themselves."""

import numpy as np
import pytest
import yaml
from scipy.linalg import expm
from scipy.stats import multivariate_normal

from weightflow.laws.gaussian import solve_gaussian
from weightflow.laws.law import GaussianLaw, TableLaw, describe_law, known_law, read_law, write_law
from weightflow.laws.solvers import solve_law
from weightflow.systems.builtin import find_system
from weightflow.systems.diffusion import follow
from weightflow.systems.reading import read_system

LINEAR = {
    "kind": "diffusion",
    "title": "Linear",
    "variables": ["x", "y"],
    "drift": {"x": "-0.5 * x + y / 2 + 1", "y": "-(x + 2 * y)"},
    "noise": {"x": "sqrt(0.5)", "y": 0.4},
    "initial": {"x": {"mean": 1, "sd": 0.5}, "y": {"mean": -1, "sd": 0.2}},
    "grid": {"points": 4, "step": 0.5},
}


@pytest.fixture
def read(tmp_path):
    def write_and_read(**changes):
        path = tmp_path / "system.yaml"
        path.write_text(yaml.safe_dump(LINEAR | changes))
        return read_system(path)

    return write_and_read


def test_without_growth_moments_are_matrix_exponentials(read):
    law = solve_gaussian(read(division=0.4, death="0.1"))
    matrix, constant, noise = np.array([[-0.5, 0.5], [-1, -2]]), np.array([1.0, 0]), np.diag([0.5, 0.16])
    rest = -np.linalg.solve(matrix, constant)
    block = np.block([[-matrix, noise], [np.zeros((2, 2)), matrix.T]])  # Van Loan 1978
    for k in range(4):
        turned, both = expm(matrix * k * 0.5), expm(block * k * 0.5)
        assert law.means[k] == pytest.approx(rest + turned @ (np.array([1, -1]) - rest), abs=1e-9)
        exact = turned @ np.diag([0.25, 0.04]) @ turned.T + both[2:, 2:].T @ both[:2, 2:]
        assert law.covariances[k] == pytest.approx(exact, abs=1e-9)


def test_quadratic_death_of_cells_that_stay_is_a_product_of_normal_densities(read):
    still = {"drift": {"x": 0, "y": 0}, "noise": {"x": 0, "y": 0}, "death": "0.3 * (x - 3)**2 + 0.2 * x * y + y**2"}
    law = solve_gaussian(read(**still))
    t = 1.5  # p ∝ exp(-precision/2) exp(-t death)
    precision = np.diag([4.0, 25]) + t * np.array([[0.6, 0.2], [0.2, 2]])
    mean = np.linalg.solve(precision, np.array([4.0, -25]) + t * np.array([1.8, 0]))
    assert law.covariances[3] == pytest.approx(np.linalg.inv(precision), abs=1e-8)
    assert law.means[3] == pytest.approx(mean, abs=1e-8)


def test_coefficients_may_depend_on_time(read):
    law = solve_gaussian(read(drift={"x": "cos(t)", "y": 0}, noise={"x": "t", "y": 0}))
    assert law.means[3] == pytest.approx([1 + np.sin(1.5), -1], abs=1e-8)
    assert law.covariances[3] == pytest.approx(np.diag([0.25 + 1.5**3 / 3, 0.04]), abs=1e-8)


@pytest.mark.slow
def test_simulated_cells_follow_the_law_of_the_built_in_system():
    own = read_system(find_system("ornstein_uhlenbeck"))
    law, cells = solve_law(own, 1, 1e-6), follow(own, 20_000, 1)
    assert isinstance(law, GaussianLaw)
    for k in (5, 20, 40):
        assert cells[:, k].mean(0) == pytest.approx(law.means[k], abs=0.03)
        assert np.cov(cells[:, k].T) == pytest.approx(law.covariances[k], abs=0.03)


@pytest.mark.parametrize(
    "changes",
    [
        {"drift": {"x": "x * y", "y": 0}},
        {"noise": {"x": "0.1 * x", "y": 1}},
        {"division": "max(x, 0)"},
        {"death": "x**4"},
        {"death": "1 if x > 0 else 0"},
        {"division": "x**2", "grid": {"points": 4, "step": 5}},
        {"initial": [{"share": 1, "start": {"x": s, "y": {"mean": 0, "sd": 1}}} for s in (0, 1)]},
    ],
)
def test_other_diffusions_have_no_normal_law(read, changes):
    own = read(**changes)
    assert solve_gaussian(own) is None
    law = solve_law(own, 10, 1e-6)
    assert isinstance(law, TableLaw)
    assert law.reason == "the diffusion's law is not known to be normal"


def test_no_states_no_law(read):
    assert solve_law(read(), 0, 1e-6).reason == "evaluation.exact.max_states is 0"


@pytest.fixture
def law() -> GaussianLaw:
    covariance = np.array([[1.0, 0.6], [0.6, 2]])
    return GaussianLaw(np.arange(2.0), np.array([[0.0, 1], [3, 4]]), np.stack([covariance, np.diag([1.0, 0])]))


def test_the_true_density_has_no_distance(law):
    true = multivariate_normal(law.means[0], law.covariances[0])
    assert law.distances(0, true.logpdf) == pytest.approx((0, 0), abs=1e-9)


def test_distances_are_those_of_two_normal_densities(law):
    other = multivariate_normal([0.5, 1], law.covariances[0])
    away = np.array([0.5, 0])
    exact = away @ np.linalg.solve(law.covariances[0], away) / 2
    divergence, variation = law.distances(0, other.logpdf)
    assert divergence == pytest.approx(exact, abs=0.03)
    assert law.distances(0, other.logpdf) == (divergence, variation)
    assert variation == pytest.approx(0.2196, abs=0.02)  # 2 Φ(√(2 KL)/2) − 1


def test_a_density_that_excludes_states_is_infinitely_far(law):
    assert law.distances(0, lambda states: np.where(states[:, 0] > 0, -np.inf, 0.0))[0] == np.inf


def test_a_variable_with_a_fixed_value_has_no_density(law):
    assert np.isnan(law.distances(1, lambda states: np.zeros(len(states)))).all()
    assert (law.weighted(1)[0][:, 1] == 4).all()


def test_states_follow_the_law_and_are_always_the_same(law):
    states, weights = law.weighted(0)
    assert weights @ states == pytest.approx(law.means[0], abs=0.05)
    assert np.cov(states.T) == pytest.approx(law.covariances[0], abs=0.06)
    assert np.array_equal(states, law.weighted(np.int64(0))[0])


def test_shares_of_a_variable_are_those_of_its_normal_density(law):
    edges = np.array([-np.inf, 1, 1 + np.sqrt(2), np.inf])
    assert law.shares(0, 1, edges) == pytest.approx([0.5, 0.3413, 0.1587], abs=1e-4)
    assert law.shares(1, 1, np.array([3.9, 4.1, 5])) == pytest.approx([1, 0])  # a fixed value


def test_it_survives_the_disk_and_has_no_counts(law, tmp_path):
    write_law(tmp_path / "law.safetensors", law)
    again = read_law(tmp_path / "law.safetensors")
    assert isinstance(again, GaussianLaw)
    assert np.array_equal(again.covariances, law.covariances)
    assert known_law(tmp_path / "law.safetensors") is not None
    assert describe_law(law, ["x", "y"]).startswith("all 2 variables, a normal distribution (distances are means over")
    with pytest.raises(ValueError, match="no probabilities of counts"):
        law.marginals(0, 5)
