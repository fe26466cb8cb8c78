"""Uniformisation against the matrix exponential."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.sparse import csr_array

from weightflow.systems.uniformisation import uniformise


@given(seed=st.integers(0, 1000), scale=st.sampled_from([0.01, 1.0, 50.0]))
def test_it_is_the_matrix_exponential(seed, scale):
    rng = np.random.default_rng(seed)
    rates = scale * rng.random((4, 4)) * (rng.random((4, 4)) < 0.7)
    np.fill_diagonal(rates, 0)
    generator = rates - np.diag(rates.sum(0))
    p, times = rng.dirichlet(np.ones(4)), np.array([0.0, 0.3, 1.1])
    for t, found in zip(times[1:], uniformise(csr_array(generator), p, times), strict=True):
        np.testing.assert_allclose(found, expm(generator * t) @ p, atol=1e-10)
        assert (found >= 0).all()
        assert abs(found.sum() - 1) < 1e-12


def test_a_state_that_nothing_leaves_keeps_its_probability():
    (found,) = uniformise(csr_array((2, 2)), np.array([0.25, 0.75]), np.array([0.0, 5.0]))
    np.testing.assert_array_equal(found, [0.25, 0.75])
