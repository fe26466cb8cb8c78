"""Evaluation of auto-encoders: choice by agreement, and linear probes."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from weightflow.populations.autoencoders.evaluation import (
    constant_probes,
    decoded_networks,
    mean_codes,
    most_agreeing,
    probe_codes,
    properties_of,
    reconstruction_row,
)
from weightflow.populations.evaluation import judge
from weightflow.populations.settings import NetworkTrainingSettings

TRAINING = NetworkTrainingSettings(networks=6, epochs=3, checkpoints=[1], batch=16, at_once=6)
CPU = torch.device("cpu")


def value(table: pd.DataFrame, source: str, metric: str) -> float:
    (found,) = table.loc[(table["source"] == source) & (table["metric"] == metric), "value"]
    return found


def scores(agreement: float) -> pd.DataFrame:
    return pd.DataFrame({"source": ["x"], "metric": ["agreement"], "value": [agreement]})


@pytest.mark.parametrize(
    ("tried", "agreed", "kept"),
    [
        ([1, 0.5, 0.1], [0.99, 0.8, 0.9], {"structure": 1.0, "behaviour": 0.1}),
        ([1], [0.5], {"structure": 1.0}),
        ([0.5, 0], [0.7, 0.6], {"behaviour": 0.5}),
    ],
)
def test_of_the_weights_of_the_structural_loss_the_most_agreeing_is_kept(tried, agreed, kept):
    assert most_agreeing(tried, [scores(own) for own in agreed]) == kept


def test_properties_are_those_of_each_checkpoint(classifier, task, population, judged):
    found = properties_of(classifier, task, population, CPU)
    np.testing.assert_allclose(found["accuracy"][:, -1], judged.accuracy)
    assert found["epoch"].tolist() == [[1, 3]] * 6
    last = population.curves[population.curves["epoch"] == 3].set_index("network")
    np.testing.assert_allclose(found["gap"][:, -1], last["training"] - judged.accuracy)


def test_probes_see_what_is_in_codes_and_nothing_in_noise(rng):
    codes, noise = rng.standard_normal((2, 200, 2, 3))
    properties = {"sum": codes.sum(-1)}
    table = probe_codes({"codes": codes, "noise": noise}, properties, np.arange(150), np.arange(150, 200))
    assert value(table, "codes", "probe_sum") > 0.99
    assert value(table, "noise", "probe_sum") < 0.1


def test_probes_of_finished_networks_leave_the_epoch_out(rng):
    """Where a property is the epoch alone, codes that tell the epoch tell nothing of finished networks."""
    codes = np.stack([np.zeros((100, 2)), np.ones((100, 2))], axis=1) + 0.01 * rng.standard_normal((100, 2, 2))
    accuracy = np.array([0.0, 1.0]) + 0.01 * rng.standard_normal((100, 2))
    table = probe_codes({"codes": codes}, {"accuracy": accuracy}, np.arange(60), np.arange(60, 100))
    assert value(table, "codes", "probe_accuracy") > 0.99
    assert value(table, "codes", "probe_final_accuracy") < 0.2


def of_recipes(classifier, task, population, recipes):
    return properties_of(classifier, task, replace(population, recipes=recipes), CPU)


def test_properties_of_recipes_hold_for_all_checkpoints(classifier, task, population):
    pairs = [(0.1, 0.0), (0.001, 0.01)] * 3
    recipes = [{"learning_rate": rate, "weight_decay": decay, "initialisation": "he"} for rate, decay in pairs]
    found = of_recipes(classifier, task, population, recipes)
    np.testing.assert_allclose(found["learning_rate"], [[-1, -1], [-3, -3]] * 3)
    np.testing.assert_allclose(found["weight_decay"], [[0, 0], [0.01, 0.01]] * 3)  # no logarithm of 0
    assert found["initialisation"].tolist() == ["he"] * 6
    decayed = [recipe | {"weight_decay": recipe["weight_decay"] + 0.1} for recipe in recipes]
    found = of_recipes(classifier, task, population, decayed)
    np.testing.assert_allclose(found["weight_decay"][:, 0], np.log10([0.1, 0.11] * 3))


def test_loaded_networks_have_no_recipes(classifier, task, population):
    assert set(of_recipes(classifier, task, population, [{}] * 6)) == {"accuracy", "gap", "epoch"}


LEARNED, REST = np.arange(150), np.arange(150, 200)


def test_planted_recipes_are_found_in_codes(rng):
    rates, labels = np.repeat(rng.choice([-1.0, -2.0, -3.0], (200, 1)), 2, axis=1), rng.choice(["he", "xavier"], 200)
    codes = 0.01 * rng.standard_normal((200, 2, 6))
    codes[..., 1] += rates
    codes[..., 4] += (labels == "he")[:, None]
    properties = {"learning_rate": rates, "initialisation": labels}
    table = probe_codes({"codes": codes, "noise": rng.standard_normal(codes.shape)}, properties, LEARNED, REST)
    for name in ("learning_rate", "initialisation"):
        for metric in (f"probe_{name}", f"probe_final_{name}"):
            assert value(table, "codes", metric) > 0.99
            assert value(table, "noise", metric) < 0.75
    assert constant_probes(properties, 2, LEARNED, REST) == []


def test_constant_properties_are_left_out_without_a_warning(rng):
    final = np.stack([rng.random(200), np.ones(200)], axis=1)
    seldom = np.zeros((200, 2))
    seldom[0] = 1.0  # in the training part alone
    properties = {
        "accuracy": final,
        "learning_rate": np.full((200, 2), -2.0),
        "weight_decay": seldom,
        "epoch": np.broadcast_to([1.0, 3.0], (200, 2)),
        "initialisation": np.full(200, "he"),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = probe_codes({"codes": rng.standard_normal((200, 2, 3))}, properties, LEARNED, REST)
    assert list(table["metric"]) == ["probe_accuracy", "probe_epoch"]
    assert table["value"].notna().all()
    left_out = constant_probes(properties, 2, LEARNED, REST)
    recipes = ("learning_rate", "weight_decay", "initialisation")
    assert left_out == ["probe_final_accuracy", *(f"probe_{p}{own}" for own in recipes for p in ("", "final_"))]


def test_a_single_training_network_teaches_nothing(rng):
    properties = {"accuracy": rng.random((4, 2))}
    one, rest = np.arange(1), np.arange(1, 4)
    assert probe_codes({"codes": rng.standard_normal((4, 2, 3))}, properties, one, rest).empty
    assert constant_probes(properties, 2, one, rest) == ["probe_accuracy", "probe_final_accuracy"]


def test_mean_codes_are_means_over_tokens(rng):
    codes = rng.standard_normal((4, 2, 5, 3))  # five tokens
    np.testing.assert_allclose(mean_codes(codes.reshape(4, 2, 15), 5), sum(codes[:, :, t] for t in range(5)) / 5)
    np.testing.assert_array_equal(mean_codes(codes[:, :, 0], 1), codes[:, :, 0])


def test_every_network_has_a_row_in_the_table_of_decoded_ones(classifier, task, rng):
    """What belongs to both networks of a pair is in rows of reconstructions only."""
    size = sum(layer.weights for layer in classifier.layers)
    draw = [rng.standard_normal((3, size)).astype(np.float32) for _ in range(4)]
    original, raw, near, drawn = (judge(classifier, task, own, task.test, CPU) for own in draw)
    made = {"structure": original, "behaviour": near}
    table = decoded_networks(original, made, raw, {"structure, unaligned": raw}, {"structure, plain": drawn})
    counts = table.groupby(["source", "kind"], sort=False).size()
    assert counts.to_dict() == {
        ("unseen", "original"): 3,
        ("structure", "reconstructed"): 3,
        ("behaviour", "reconstructed"): 3,
        ("structure, unaligned", "reconstructed"): 3,
        ("structure, plain", "drawn"): 3,
    }
    own = {source: part.reset_index(drop=True) for source, part in table.groupby("source")}
    for source in ("structure", "structure, unaligned"):  # copies of the originals
        assert (own[source]["agreement"] == 1).all()
        assert (own[source]["distance"] == 0).all()
    variance = np.square(original.weights - original.weights.mean(0)).sum(1).mean()
    far = np.square(original.weights - near.weights).sum(1) / variance
    np.testing.assert_allclose(own["behaviour"]["distance"], far, rtol=1e-5)
    alike = (original.said.argmax(-1) == near.said.argmax(-1)).float().mean(1)
    np.testing.assert_allclose(own["behaviour"]["agreement"], alike, rtol=1e-6)
    for source, judged in (("unseen", original), ("behaviour", near), ("structure, plain", drawn)):
        np.testing.assert_allclose(own[source]["accuracy"], judged.accuracy)
        assert own[source]["network"].tolist() == [0, 1, 2]
    assert own["unseen"][["agreement", "distance"]].isna().all(axis=None)
    assert own["structure, plain"][["agreement", "distance"]].isna().all(axis=None)


def test_a_row_about_reconstructions(classifier, task, judged, rng):
    noisy = judged.weights + 0.3 * rng.standard_normal(judged.weights.shape).astype(np.float32)
    made = judge(classifier, task, noisy, task.test, CPU)
    row = reconstruction_row(judged, made)
    assert row["accuracy"] == pytest.approx(made.accuracy.mean())
    assert row["share"] == pytest.approx(made.accuracy.mean() / judged.accuracy.mean())
    variance = np.square(judged.weights - judged.weights.mean(0)).sum(1).mean()
    assert row["distance"] == pytest.approx(np.square(noisy - judged.weights).sum(1).mean() / variance, rel=1e-4)
    assert 0 < row["agreement"] < 1
    same = reconstruction_row(judged, judged)
    assert same == {"accuracy": judged.accuracy.mean(), "share": 1, "agreement": 1, "distance": 0}
