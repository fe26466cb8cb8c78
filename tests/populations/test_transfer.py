"""Networks of several sources are fine-tuned alike, and what they are worth is measured."""

import numpy as np
import pytest
import torch

from weightflow import seeding
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.evaluation import judge
from weightflow.populations.metrics import OF_TUNED, SCRATCH, TRAINED, TUNED
from weightflow.populations.registry import GENERATORS
from weightflow.populations.samplers import mixed
from weightflow.populations.settings import NetworkTrainingSettings, TransferSettings
from weightflow.populations.tasks.by_name import named_task
from weightflow.populations.tasks.selection import Selection
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.training import train_population
from weightflow.populations.transfer import MIXED, Aim, carried_over, sources_of_transfer, tune_sources
from weightflow.seeding import Computation

CPU = torch.device("cpu")
SPLIT = SplitSettings(validation=0.2, test=0.3, seed=0)
SETTINGS = TransferSettings(epochs=(5, 0), networks=4, batch=16)


def aim_of(classes: tuple[int, ...] | None = None) -> Aim:
    task = named_task("iris", SPLIT, {}, selection=Selection(classes=classes))
    architecture = ArchitectureSettings(kind="mlp", widths=(6,), activation="tanh")
    return Aim(task, make_classifier(architecture, task.shape, task.classes))


@pytest.fixture(scope="module")
def own() -> Aim:
    return aim_of()


@pytest.fixture(scope="module")
def aligned(own) -> np.ndarray:
    settings = NetworkTrainingSettings(networks=6, epochs=30, batch=16, at_once=6)
    return train_population(own.classifier, own.task, settings, Computation(0, CPU)).weights


@pytest.fixture
def sources(own, aligned) -> dict[str, np.ndarray]:
    return sources_of_transfer(own.classifier, aligned, {"flow": aligned[::-1]}, ["he", "uniform"], 4, 0)


@pytest.fixture
def tune_them(own, sources):
    def with_settings(aim: Aim = own, seed: int = 0, begun=sources, **other):
        return tune_sources(aim, begun, SETTINGS.but(**other), Computation(seed, CPU))

    return with_settings


def test_sources_are_generators_midpoints_originals_and_random_networks(own, sources, aligned):
    assert list(sources) == ["flow", MIXED, TRAINED, SCRATCH]
    assert all(networks.shape == (4, aligned.shape[1]) for networks in sources.values())
    np.testing.assert_array_equal(sources[TRAINED], aligned[[0, 2, 3, 5]])  # over all recipes
    np.testing.assert_array_equal(sources[MIXED], mixed(aligned, 4, seeding.stream(0, "transfer", MIXED)))
    assert MIXED in GENERATORS
    first = own.classifier.layers[0]
    assert [np.abs(network[: first.weights]).max() <= 0.1 for network in sources[SCRATCH]] == [False, True, False, True]
    few = sources_of_transfer(own.classifier, aligned, {"flow": aligned[:2]}, ["he"], 9, 0)
    assert [len(networks) for networks in few.values()] == [2, 9, 6, 9]


def test_the_table_has_what_networks_are_worth_before_and_after(own, sources, tune_them):
    table = tune_them()
    assert list(table.columns) == [*TUNED, *OF_TUNED]
    assert table[TUNED].to_numpy().tolist() == [[False, source, epochs] for source in sources for epochs in (0, 5)]
    rows = table.set_index(["source", "epochs"])
    for source, networks in sources.items():
        judged = judge(own.classifier, own.task, networks, own.task.test, CPU)
        assert rows.loc[(source, 0), "accuracy_mean"] == pytest.approx(judged.accuracy.mean())
        assert rows.loc[(source, 0), "ensemble"] == pytest.approx(judged.ensemble)
    assert rows.loc[(SCRATCH, 5), "loss"] < rows.loc[(SCRATCH, 0), "loss"]


def test_trained_networks_reach_the_goal_before_random_ones(own, tune_them):
    steps = tune_them(goal=0.8, epochs=(20,), learning_rate=0.03).set_index("source")["steps_to"]
    assert steps[TRAINED] == 0
    assert 0 < steps[SCRATCH] < 20 * -(-len(own.task.training.labels) // 16)
    assert tune_them(goal=0.9999, epochs=(0,))["steps_to"].isna().all()


def test_steps_are_those_of_the_median_network(own, tune_them, sources):
    """Of four networks that begin at the goal, one, two and three do not."""
    good, bad = sources[TRAINED][0], sources[SCRATCH][0]
    for count, median in ((1, 0), (2, 0), (3, np.nan)):
        begun = {"s": np.stack([bad] * count + [good] * (4 - count))}
        found = tune_them(begun=begun, goal=0.8, epochs=(0,))["steps_to"].item()
        assert found == pytest.approx(median, nan_ok=True)


def test_the_last_layer_is_drawn_anew_for_other_labels_and_the_same_for_all(own, sources):
    two = aim_of((2, 0))
    found = carried_over(sources, own, two, 0)
    old, new = own.classifier.layers[-1].weights, two.classifier.layers[-1].weights
    for name, networks in found.items():
        assert networks.shape == (4, sum(layer.weights for layer in two.classifier.layers))
        np.testing.assert_array_equal(networks[:, :-new], sources[name][:, :-old])
        np.testing.assert_array_equal(networks[:, -new:], found[TRAINED][:, -new:])
    assert (found[TRAINED][0, -new:] != found[TRAINED][1, -new:]).all()
    assert (carried_over(sources, own, two, 1)[TRAINED] != found[TRAINED]).any()
    anew = carried_over(sources, own, aim_of((2, 1, 0)), 0, anew=True)[TRAINED]
    np.testing.assert_array_equal(anew[:, :-old], sources[TRAINED][:, :-old])
    assert (anew[:, -old:] != sources[TRAINED][:, -old:]).all()
    np.testing.assert_array_equal(carried_over(sources, own, aim_of((2, 1, 0)), 0)[TRAINED], sources[TRAINED])


def test_frozen_networks_keep_all_but_the_last_layer_and_have_rows_of_their_own(tune_them):
    table = tune_them(frozen=(False, True))
    assert table["frozen"].tolist() == [False] * 8 + [True] * 8
    both = [part.set_index(["source", "epochs"])["loss"] for _, part in table.groupby("frozen")]
    assert both[0].loc[TRAINED, 0] == both[1].loc[TRAINED, 0]
    assert both[0].loc[SCRATCH, 5] != both[1].loc[SCRATCH, 5]


def test_the_same_seed_gives_the_same_table(tune_them):
    one, again, other = tune_them(), tune_them(), tune_them(seed=1)
    assert one.equals(again)
    assert not one.equals(other)


def test_inputs_of_another_shape_are_refused(own, sources, refused):
    task = named_task("wine", SPLIT, {})
    with refused(r"transfer\.tasks: inputs of shape \(13,\) do not fit networks that read \(4,\); set resize, or"):
        carried_over(sources, own, Aim(task, own.classifier), 0)


def test_a_last_map_without_the_logits_is_refused(own, sources, tune_them, refused):
    three = aim_of()
    odd = Aim(aim_of((0, 1)).task, three.classifier)  # as a user's module, whose outputs stay
    said = r"the last map of the networks, dense1, has 3 outputs, and there are 2 labels; set frozen: \[false\]"
    with refused(said):
        carried_over(sources, own, odd, 0)
    with refused(said):
        tune_them(aim=odd, frozen=(True,))
