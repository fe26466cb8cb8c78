"""The decay against its ends, its middle and the formula with a tenth and a half written out."""

import math

import pytest

from weightflow.networks.learning_rate import cosine_decay, decay


@pytest.mark.parametrize("final", [0.0, 0.02, 0.05, 1.0])
def test_the_rate_falls_from_all_of_it_to_the_final_share(final):
    rates = [cosine_decay(step, 100, final) for step in range(101)]
    assert rates[0] == 1
    assert rates[50] == pytest.approx((1 + final) / 2)
    assert rates[100] == pytest.approx(final)
    assert rates == sorted(rates, reverse=True)


def test_a_single_step_has_the_whole_rate():
    assert cosine_decay(0, 1, 0.05) == 1


def test_it_is_the_schedule_that_results_were_made_with():
    for step in range(300):
        wave = 1 + math.cos(math.pi * step / 300)
        assert cosine_decay(step, 300, 0.02) == 0.02 + 0.49 * wave
        assert cosine_decay(step, 300, 0.05) == 0.05 + 0.95 * (0.5 * wave)


def test_a_constant_schedule_does_not_decay():
    assert decay("constant", 7, 10, 0.1) == 1.0
    assert decay("cosine", 10, 10, 0.1) == pytest.approx(0.1)
