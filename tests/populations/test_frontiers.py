"""Frontiers: originals, copies and noise lie where they must."""

import numpy as np
import pytest
import torch

from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.frontiers import COLUMNS, reads_varying_inputs, trace_frontiers
from weightflow.populations.registry import GENERATORS
from weightflow.populations.settings import NetworkTrainingSettings
from weightflow.populations.tasks.by_name import built_in
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import split_task
from weightflow.populations.training import train_population
from weightflow.seeding import Computation

CPU = Computation(0, torch.device("cpu"))


class Copies:
    """A learned generator that gives its networks back, whatever its knob."""

    def __init__(self, weights):
        self.weights = weights

    def draw(self, count, seed, value=1.0):
        return self.weights[:count]


def test_every_generator_has_a_point_for_each_value_of_its_knob():
    task = split_task(built_in("iris"), SplitSettings())
    classifier = make_classifier(ArchitectureSettings(widths=[5]), task.shape, task.classes)
    weights = train_population(classifier, task, NetworkTrainingSettings(networks=8, epochs=10), CPU).weights
    table = trace_frontiers(classifier, task, weights, {"flow": Copies(weights)}, 4, CPU)
    assert list(table.columns) == COLUMNS
    points = {name: list(own.knob.values) for name, own in GENERATORS.items() if name != "corrected"}
    assert {name: own["value"].tolist() for name, own in table.groupby("source") if name != "trained"} == points
    trained, flow = (table[table["source"] == name].iloc[0] for name in ("trained", "flow"))
    assert (flow["nearest"], flow["overlap"]) == (0.0, 1.0)
    assert trained["nearest"] > 0.3
    assert trained["spread"] == pytest.approx(1)
    assert trained["overlap"] == trained["overlap_among"] < 1
    noise = table[table["source"] == "jittered"].set_index("value")
    assert noise["nearest"].is_monotonic_increasing
    assert noise["usual"].tolist() == [value == GENERATORS["jittered"].knob.usual for value in noise.index]
    # All inputs of this task vary.
    np.testing.assert_allclose(table["nearest"], table["nearest_varying"], rtol=1e-6)


def test_weights_of_constant_inputs_are_told_apart():
    classifier = make_classifier(ArchitectureSettings(widths=[2]), (3,), 2)
    inputs = np.array([[0, 1, 5], [0, 2, 5]], np.float32)
    found = reads_varying_inputs(classifier, inputs)
    np.testing.assert_array_equal(found[:8], 2 * [False, True, False, True])
    assert found[8:].all()
    image = make_classifier(ArchitectureSettings(kind="lenet5"), (1, 28, 28), 2)
    assert reads_varying_inputs(image, np.zeros((3, 1, 28, 28), np.float32)).all()
