"""Units as users describe them, and those of heads in one order."""

import numpy as np
import torch

from tests.populations.test_loading import ARCHITECTURE, mlp
from weightflow.networks.alignment import align_to, match, permute
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
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


VIT = make_classifier(ArchitectureSettings(kind="vit", patch=4, hidden=12, layers=2, heads=3), (1, 8, 8), 5)


def outputs(weights: np.ndarray) -> torch.Tensor:
    images = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return VIT.logits(torch.as_tensor(weights, dtype=torch.float64), images, BatchNorms())


def test_queries_keys_and_values_share_one_order_in_each_head():
    groups = symmetries_of(VIT, LoadedSettings(), "shared")
    own, shared = VIT.symmetries, [group for group in groups if group.inner]
    assert [(group.count, group.slots, group.spectral) for group in groups] == [
        (group.count, group.slots, group.spectral) for group in own
    ]
    assert len(shared) == 2
    for block, group in enumerate(shared):
        for head, (inner,) in enumerate(group.inner):
            written = [Slots(f"{part}{block}", "rows", 4 * head, False) for part in ("query", "key")]
            value = [Slots(f"value{block}", "rows", 4 * head, False), Slots(f"out{block}", "columns", 4 * head, False)]
            assert inner == HiddenUnits(4, (*written, *value))
    assert symmetries_of(VIT, LoadedSettings()) == own


def test_alignment_with_shared_heads_keeps_the_functions(rng):
    size, symmetries = sum(layer.weights for layer in VIT.layers), symmetries_of(VIT, LoadedSettings(), "shared")
    weights = (0.3 * rng.standard_normal((4, size))).astype(np.float32)
    aligned = align_to(VIT.layers, symmetries, weights, weights[0])
    apart = align_to(VIT.layers, VIT.symmetries, weights, weights[0])
    assert (aligned[1:] != weights[1:]).any()
    torch.testing.assert_close(outputs(aligned), outputs(weights), rtol=0, atol=1e-5)
    check_same_outputs(VIT, weights, aligned, rng.standard_normal((8, 1, 8, 8)).astype(np.float32))
    near, nearer = (np.linalg.norm(own[1:] - weights[0], axis=1) for own in (aligned, apart))
    assert (nearer < near).all()  # fewer moves are allowed


def test_alignment_with_shared_heads_undoes_their_order(rng):
    weights = 0.3 * rng.standard_normal(sum(layer.weights for layer in VIT.layers))
    symmetries, moved = symmetries_of(VIT, LoadedSettings(), "shared"), weights
    for group in symmetries:
        for own in (*(within for inner in group.inner for within in inner), group):
            moved = permute(VIT.layers, own, moved, rng.permutation(own.count), np.ones(own.count, int))
    assert np.abs(moved - weights).max() > 0.1
    np.testing.assert_allclose(match(VIT.layers, symmetries, moved, weights), weights, atol=1e-12)
