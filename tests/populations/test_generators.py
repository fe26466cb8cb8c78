"""Generators by name: every one draws, and the names of the settings are those of the registry."""

from typing import get_args

import numpy as np
import pytest

from weightflow.errors import InputError
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.generators import draw_all, draw_at_once
from weightflow.populations.registry import GENERATORS, LEARNED
from weightflow.populations.settings import CorrectionSettings, PopulationSettings


@pytest.fixture
def classifier():
    return make_classifier(ArchitectureSettings(widths=[3]), (4,), 2)


@pytest.fixture
def weights(classifier, rng):
    return rng.standard_normal((5, sum(layer.weights for layer in classifier.layers))).astype(np.float32)


def test_a_generator_draws_or_is_learned_with_settings_of_its_own():
    for name, own in GENERATORS.items():
        assert (own.draw is None) == (own.learned is not None) == (name in LEARNED)
        assert hasattr(PopulationSettings(), own.section) == (name in LEARNED)
        assert own.knob.usual in own.knob.values
        assert list(own.knob.values) == sorted(own.knob.values)


def test_bases_of_corrections_are_generators_that_draw_from_weights_alone():
    names = get_args(CorrectionSettings.model_fields["base"].annotation)
    assert all(GENERATORS[name].draw and not GENERATORS[name].reads_outputs for name in names)


def test_all_are_drawn_in_the_order_of_the_registry(classifier, weights, rng):
    inputs, made = rng.standard_normal((9, 4)).astype(np.float32), {"flow": weights[:2]}
    found = draw_all(weights, classifier, inputs, made, 3, 0)
    assert list(found) == [name for name in GENERATORS if name != "corrected"]
    assert found["flow"] is made["flow"]
    assert {len(own) for name, own in found.items() if name != "flow"} == {3}
    one = draw_at_once("jittered", weights, classifier, None, 3, 0)
    np.testing.assert_array_equal(found["jittered"], one)


def test_a_knob_moves_networks_away(classifier, weights, rng):
    inputs = rng.standard_normal((9, 4)).astype(np.float32)
    for name, own in GENERATORS.items():
        if own.draw:
            far = [
                np.abs(draw_at_once(name, weights, classifier, inputs, 40, 0, value)[:, None] - weights).mean(-1).min(1)
                for value in (own.knob.values[0], own.knob.values[-1])
            ]
            assert far[0].mean() < far[1].mean() or name in ("gaussian", "covariance")


def test_misuse_is_told(classifier, weights):
    with pytest.raises(InputError, match="repaired needs training inputs"):
        draw_at_once("repaired", weights, classifier, None, 2, 0)
    with pytest.raises(ValueError, match="fitted first"):
        draw_at_once("flow", weights, classifier, None, 2, 0)
