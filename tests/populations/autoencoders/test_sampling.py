"""Networks drawn about the codes of good ones: moments of the densities, selection, and the threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.populations.autoencoders.registry import DRAWINGS
from weightflow.populations.autoencoders.sampling import (
    Codes,
    about_good,
    bootstrapped,
    draw_networks,
    plain,
    subsampled,
)
from weightflow.populations.autoencoders.settings import DrawingSettings

COUNT = 40_000
USUAL = DrawingSettings()


def codes_of(latent: np.ndarray, score=lambda own: own.mean(1), decode=lambda own: own) -> Codes:
    """Codes that are the networks themselves, unless they are decoded otherwise."""
    return Codes(latent, score(latent), decode, score)


@pytest.mark.parametrize("bandwidth", [1, 0.25])
@pytest.mark.parametrize("good", [0.3, 0.1])
def test_latent_vectors_are_drawn_about_good_networks_only(rng, good, bandwidth):
    latent = rng.standard_normal((2000, 2)) @ np.array([[1.0, 0.9], [0.0, 0.4]])
    scores = rng.random(2000)
    chosen = scores >= np.sort(scores)[-round(good * 2000)]
    latent[chosen] += np.array([20.0, -5.0])
    drawn = about_good(latent, scores, COUNT, DrawingSettings(good=good, bandwidth=bandwidth), rng)
    best = latent[chosen]
    width = bandwidth * len(best) ** (-1 / 5)
    np.testing.assert_allclose(drawn.mean(0), best.mean(0), atol=0.03)
    np.testing.assert_allclose(drawn.var(0), best.var(0) * (1 + width**2), rtol=0.03)
    # Coordinates are drawn one by one.
    assert abs(np.corrcoef(best.T)[0, 1]) > 0.8
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.03


def test_of_equal_scores_the_first_count(rng):
    drawn = about_good(np.arange(10.0)[:, None] * 1000, np.zeros(10), 2000, USUAL, rng)
    assert drawn.max() < 8000


def test_two_networks_are_the_least_to_draw_about(rng):
    drawn = about_good(np.array([[0.0], [1000.0], [1e9]]), np.array([1.0, 1.0, 0.0]), 4000, USUAL, rng)
    assert drawn.mean() == pytest.approx(500, abs=40)
    assert drawn.std() == pytest.approx(500 * (1 + 2 ** (-2 / 5)) ** 0.5, rel=0.05)


def test_plain_draws_are_decoded(rng):
    codes = codes_of(rng.standard_normal((30, 2)), decode=lambda own: own @ np.ones((2, 5)))
    found = plain(codes, 7, USUAL, np.random.default_rng(3))
    latent = about_good(codes.latent, codes.scores, 7, USUAL, np.random.default_rng(3))
    np.testing.assert_array_equal(found, latent @ np.ones((2, 5)))


def test_subsampled_are_the_best_of_all_candidates(rng):
    codes = codes_of(rng.standard_normal((30, 3)))
    draws = np.random.default_rng(3)
    every = np.concatenate([plain(codes, 20, USUAL, draws) for _ in range(5)])
    found = subsampled(codes, 20, DrawingSettings(candidates=5), np.random.default_rng(3))
    best = every[np.argsort(-every.mean(1), kind="stable")[:20]]
    np.testing.assert_array_equal(np.sort(found, axis=0), np.sort(best, axis=0))
    assert found.mean() > plain(codes, 2000, USUAL, rng).mean() + 0.2


@pytest.mark.parametrize(("rounds", "spoiled"), [(1, True), (2, False)])
def test_draws_about_drawn_networks_leave_out_what_decoding_spoils(rng, rounds, spoiled):
    latent = rng.permutation(np.concatenate([rng.standard_normal((20, 1)), 100 + rng.standard_normal((20, 1))]))
    codes = codes_of(
        latent,
        lambda own: np.where(own[:, 0] == 1000, 0.1, 0.9),
        lambda own: np.where(own < 50, 1000, own),
    )
    found = bootstrapped(codes, 200, DrawingSettings(rounds=rounds), rng)
    assert (np.mean(found == 1000) > 0.25) == spoiled


def test_one_round_is_plain(rng):
    codes = codes_of(rng.standard_normal((30, 3)))
    one, other = (draw(codes, 9, DrawingSettings(rounds=1), np.random.default_rng(0)) for draw in (bootstrapped, plain))
    np.testing.assert_array_equal(one, other)


@given(
    method=st.sampled_from(list(DRAWINGS)),
    networks=st.integers(1, 9),
    count=st.integers(1, 6),
    threshold=st.none() | st.floats(0.01, 0.99),
    tries=st.integers(1, 4),
)
def test_the_count_below_the_threshold_is_told(method, networks, count, threshold, tries):
    latent = np.random.default_rng(0).random((networks, 2)).astype(np.float32)
    settings = DrawingSettings(threshold=threshold, tries=tries)
    one, two = (draw_networks(method, codes_of(latent), count, settings, np.random.default_rng(1)) for _ in range(2))
    assert one.weights.shape == (count, 2)
    np.testing.assert_array_equal(one.weights, two.weights)
    assert one.below == (0 if threshold is None else (one.weights.mean(1) < threshold).sum())


def test_networks_below_the_threshold_are_drawn_again(rng):
    codes, settings = codes_of(rng.random((50, 1))), DrawingSettings(threshold=0.95, tries=100)
    assert (plain(codes, 200, settings, rng) < 0.95).any()
    weights, below = draw_networks("plain", codes, 200, settings, rng)
    assert (weights >= 0.95).all()
    assert below == 0


def test_networks_that_reach_the_threshold_are_not_the_best_but_the_first(rng):
    codes, settings = codes_of(rng.random((50, 1))), DrawingSettings(threshold=0.01)
    found = draw_networks("plain", codes, 20, settings, np.random.default_rng(0))
    np.testing.assert_array_equal(found.weights, plain(codes, 20, settings, np.random.default_rng(0)))


def test_after_the_last_try_the_best_fill_the_rest(rng):
    scored = []

    def score(own: np.ndarray) -> np.ndarray:
        scored.append(own)
        return own.mean(1)

    codes, settings = codes_of(rng.random((50, 1)), score), DrawingSettings(threshold=0.99, bandwidth=0.01, tries=3)
    scored.clear()
    weights, below = draw_networks("plain", codes, 20, settings, rng)
    every = np.concatenate(scored)
    assert len(every) == 3 * 20
    np.testing.assert_array_equal(np.sort(weights, axis=0), np.sort(every, axis=0)[-20:])
    assert 0 < below == (np.sort(every, axis=0)[-20:] < 0.99).sum()
