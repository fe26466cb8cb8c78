"""Units as users describe them."""

import numpy as np

from tests.populations.test_loading import ARCHITECTURE, mlp
from weightflow.networks.alignment import align_to
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.settings import LoadedSettings, UnitSettings
from weightflow.populations.unit_groups import check_same_outputs, described_units, symmetries_of
from weightflow.populations.user_modules import classifier_of


def test_described_units_are_the_rows_and_columns_of_their_maps(refused):
    layers = LinearMap("conv", 4, 18), LinearMap("norm", 4, 1), LinearMap("dense", 3, 4 * 9)
    group = UnitSettings(rows=("conv", "norm"), columns=("dense",))
    (found,) = described_units([group], layers)
    assert found == HiddenUnits(
        4, (Slots("conv", "rows", 0, False), Slots("norm", "rows", 0, False), Slots("dense", "columns", 0, False, 9))
    )
    with refused("unknown map 'nrm'; did you mean 'norm'"):
        described_units([group.but(rows=("conv", "nrm"))], layers)
    with refused("dense has 3 rows, which 4 units, the rows of conv, do not divide"):
        described_units([group.but(rows=("conv", "dense"), columns=())], layers)


def test_units_that_are_described_wrongly_are_refused(refused, rng):
    classifier = classifier_of(mlp(6, 5, 4, 3), ARCHITECTURE, (6,), 3)
    weights = rng.standard_normal((3, classifier.layout.size)).astype(np.float32)
    inputs = rng.standard_normal((8, 6)).astype(np.float32)
    right, wrong = {"rows": ("0",), "columns": ("2",)}, {"rows": ("0",)}
    for group in (right, wrong):
        settings = LoadedSettings(units=(UnitSettings(**group),))
        aligned = align_to(classifier.layers, symmetries_of(classifier, settings), weights, weights[0])
        assert (aligned != weights).any()
        if group is right:
            check_same_outputs(classifier, weights, aligned, inputs)
        else:
            with refused(r"networks\.units: with the units in another order the networks have other outputs"):
                check_same_outputs(classifier, weights, aligned, inputs)
