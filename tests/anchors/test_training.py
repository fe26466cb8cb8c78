"""Anchors reach the likelihood the data allow, in the order their alignment says."""

import numpy as np
import pytest
import torch

from weightflow.anchors.registry import ALIGNMENTS
from weightflow.anchors.settings import AnchorSettings
from weightflow.anchors.training import (
    Anchors,
    fit_pooled,
    gather_anchors,
    prepare_training,
    train_anchor,
    train_anchors,
    train_anchors_of_seeds,
)
from weightflow.errors import DivergenceError
from weightflow.networks.alignment import match
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.seeding import Computation

CPU = torch.device("cpu")
SEPARATE = [name for name, own in ALIGNMENTS.items() if own.separate]
TIMES = np.array([0.0, 1.0, 4.0])
SETTINGS = AnchorSettings(alignment="sequential", first_steps=20, steps=10, batch=1024, learning_rate=0.02)


@pytest.fixture
def snapshots() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.choice(3, size=(200, 2), p=p) for p in ([0.8, 0.1, 0.1], [0.4, 0.4, 0.2], [0.1, 0.1, 0.8])]


def train(backbone, snapshots, seed=0, **changes) -> Anchors:
    return train_anchors(backbone, snapshots, TIMES, SETTINGS.but(**changes), Computation(seed, CPU))


@pytest.mark.slow
@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_anchors_reach_the_entropy_of_their_snapshot(backbone, snapshots, alignment):
    found = train(backbone, snapshots, alignment=alignment, first_steps=400, steps=300)
    for weights, snapshot in zip(found.weights, snapshots, strict=True):
        _, counts = np.unique(snapshot, axis=0, return_counts=True)
        entropy = -(counts / 200 * np.log(counts / 200)).sum()
        nll = -backbone.log_prob(torch.from_numpy(weights)[None], torch.from_numpy(snapshot)).mean().item()
        assert entropy - 1e-3 < nll < entropy + 0.06


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_same_seed_gives_the_same_bytes(backbone, snapshots, alignment):
    one, two = (train(backbone, snapshots, alignment=alignment) for _ in range(2))
    assert one.weights.tobytes() == two.weights.tobytes()
    assert one.losses.equals(two.losses)


def test_another_seed_gives_other_weights(backbone, snapshots):
    assert not np.allclose(train(backbone, snapshots, seed=0).weights, train(backbone, snapshots, seed=1).weights)


def test_sequential_anchors_do_not_see_later_snapshots(backbone, snapshots):
    whole = train(backbone, snapshots)
    first_two = train_anchors(backbone, snapshots[:2], TIMES[:2], SETTINGS, Computation(0, CPU))
    assert np.array_equal(whole.weights[:2], first_two.weights)


def test_a_sequential_anchor_starts_from_the_one_before(backbone, snapshots):
    found = train(backbone, snapshots, steps=1, learning_rate=1e-3, first_steps=50)
    assert np.abs(np.diff(found.weights, axis=0)).max() < 5e-3


def test_independent_anchors_start_apart(backbone, snapshots):
    found = train(backbone, [snapshots[0]] * 3, alignment="none", first_steps=1, learning_rate=1e-6)
    assert np.abs(np.diff(found.weights, axis=0)).max() > 0.1


LAST_STEPS = {"sequential": [19, 9, 9], "pooled": [9] * 3, "joint": [14] * 3, "rebasin": [19] * 3, "none": [19] * 3}


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_steps_of_every_anchor_are_those_of_the_settings(backbone, snapshots, alignment):
    table = train(backbone, snapshots, alignment=alignment).losses
    assert table.groupby("snapshot")["step"].max().tolist() == LAST_STEPS[alignment]


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_a_single_step_is_enough(backbone, snapshots, alignment):
    assert np.isfinite(train(backbone, snapshots, alignment=alignment, first_steps=1, steps=1).weights).all()


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_snapshots_of_unequal_sizes_train_side_by_side(backbone, snapshots, alignment):
    unequal = [snapshots[0][:50], snapshots[1][:1], snapshots[2]]
    found = train(backbone, unequal, alignment=alignment, batch=64)
    assert np.isfinite(found.weights).all()


def test_pooled_anchors_of_equal_snapshots_are_equal(backbone, snapshots):
    found = train(backbone, [snapshots[1]] * 3, alignment="pooled")
    assert np.array_equal(found.weights, found.weights[:1].repeat(3, axis=0))


@pytest.mark.slow
def test_joint_anchors_are_the_nearer_the_stronger_their_penalty(backbone, snapshots):
    many = {"alignment": "joint", "first_steps": 200}
    free, held, tied = (
        np.abs(np.diff(train(backbone, snapshots, smoothness=s, **many).weights, axis=0)).mean() for s in (0, 0.01, 10)
    )
    assert tied < 0.1 * free
    assert tied < held < 0.8 * free


def test_rebasin_moves_independent_anchors_together_without_changing_them(backbone, snapshots):
    apart, matched = (train(backbone, snapshots, alignment=a) for a in ("none", "rebasin"))
    x = torch.from_numpy(snapshots[0])
    found, goal = (backbone.log_prob(torch.from_numpy(a.weights), x) for a in (matched, apart))
    torch.testing.assert_close(found, goal, atol=1e-5, rtol=0)
    assert np.array_equal(matched.weights[0], apart.weights[0])
    again = match(backbone.layers, backbone.symmetries, apart.weights[1], matched.weights[0])
    assert np.array_equal(matched.weights[1], again)
    assert np.linalg.norm(np.diff(matched.weights, axis=0)) < np.linalg.norm(np.diff(apart.weights, axis=0))


def one_by_one(backbone, snapshots, settings) -> Anchors:
    training = prepare_training(backbone, snapshots, TIMES, settings, [0], CPU)
    pooled = ALIGNMENTS[settings.alignment].common_start
    start = fit_pooled(training, settings.first_steps)[0].numpy() if pooled else None
    parts = [train_anchor(training, k, start) for k in range(len(snapshots))]
    return gather_anchors(backbone, parts, settings)


@pytest.mark.parametrize("batch", [64, 200])
@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("alignment", SEPARATE)
def test_anchors_trained_one_by_one_are_those_trained_together(snapshots, alignment, unequal, batch):
    backbone = GRUBackbone(variables=2, head=CountHead(3), hidden=8, position=True)
    snapshots = [s[: 200 - 30 * k * unequal] for k, s in enumerate(snapshots)]
    settings = SETTINGS.but(alignment=alignment, batch=batch)
    together = train_anchors(backbone, snapshots, TIMES, settings, Computation(0, CPU))
    apart = one_by_one(backbone, snapshots, settings)
    np.testing.assert_allclose(apart.weights, together.weights, atol=1e-6)
    assert np.array_equal(apart.times, together.times)
    assert apart.losses[["snapshot", "step"]].equals(together.losses[["snapshot", "step"]])
    np.testing.assert_allclose(apart.losses["nll"], together.losses["nll"], rtol=1e-5)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_divergence_names_the_setting_to_change(backbone, snapshots, alignment):
    with pytest.raises(DivergenceError, match=r"diverged at step .*lower models\.\*\.anchors\.learning_rate"):
        train(backbone, snapshots, alignment=alignment, learning_rate=3e37)


def test_depth_and_states_of_any_backbone_train(snapshots):
    deep = GRUBackbone(variables=2, head=CountHead(5), hidden=3, depth=2)
    assert np.isfinite(train(deep, snapshots, first_steps=3, steps=2).weights).all()


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_seeds_side_by_side_are_those_of_each_alone(backbone, snapshots, alignment):
    settings = SETTINGS.but(alignment=alignment)
    together = train_anchors_of_seeds(backbone, snapshots, TIMES, settings, [3, 7], CPU)
    for seed, found in zip([3, 7], together, strict=True):
        alone = train_anchors(backbone, snapshots, TIMES, settings, Computation(seed, CPU))
        np.testing.assert_allclose(found.weights, alone.weights, atol=2e-4)
        assert found.losses[["snapshot", "step"]].equals(alone.losses[["snapshot", "step"]])
        np.testing.assert_allclose(found.losses["nll"], alone.losses["nll"], rtol=1e-4)


@pytest.mark.slow
def test_an_anchor_that_has_settled_leaves_the_others_alone(backbone, snapshots):
    # All states of the first snapshot are the same, so its anchor gains little from early on.
    easy = [np.zeros((200, 2), dtype=int), *snapshots[1:]]
    settings = SETTINGS.but(alignment="none", first_steps=400, learning_rate=0.03, settled=2e-4)
    together = train_anchors(backbone, easy, TIMES, settings, Computation(0, CPU))
    last = together.losses.groupby("snapshot")["step"].max()
    assert last.nunique() > 1
    assert last.min() < 399
    training = prepare_training(backbone, easy, TIMES, settings, [0], CPU)
    for k, weights in enumerate(together.weights):
        alone = train_anchor(training, k, None)
        assert alone.losses["step"].max() == last[k]
        np.testing.assert_allclose(alone.weights[0], weights, atol=2e-4)


@pytest.mark.parametrize("alignment", SEPARATE)
def test_anchors_may_all_settle(backbone, snapshots, alignment):
    found = train(backbone, snapshots, alignment=alignment, first_steps=400, steps=400, settled=100.0)
    assert found.losses["step"].max() == 60
    assert np.isfinite(found.weights).all()


def test_a_seed_of_the_settings_takes_the_place_of_the_runs(backbone, snapshots):
    own = SETTINGS.but(alignment="sequential", seed=7)
    first, second = (train_anchors(backbone, snapshots, TIMES, own, Computation(seed, CPU)) for seed in (0, 1))
    assert np.array_equal(first.weights, second.weights)
    assert not np.array_equal(first.weights, train(backbone, snapshots, 0, alignment="sequential").weights)


@pytest.mark.parametrize("changes", [{"schedule": "constant"}, {"weight_decay": 0.1}, {"sampling": "rounds"}])
def test_schedule_decay_and_sampling_of_the_released_code_train(backbone, snapshots, changes):
    plain, found = (train(backbone, snapshots, alignment="sequential", **own) for own in ({}, changes))
    assert not np.array_equal(plain.weights, found.weights)
    assert np.isfinite(found.weights).all()


def test_weights_decay_as_adamw_has_it(backbone, snapshots):
    def first(**changes) -> np.ndarray:
        return train(backbone, snapshots, alignment="sequential", first_steps=1, **changes).weights[0]

    begin, kept, shrunk = (first(**own) for own in ({"learning_rate": 1e-12}, {}, {"weight_decay": 0.5}))
    np.testing.assert_allclose(kept - shrunk, 0.5 * SETTINGS.learning_rate * begin, atol=1e-6)
