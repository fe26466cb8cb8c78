"""Choices on a validation split: validation states are not trained on, and a clearly better candidate is chosen."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import binom

from tests.conftest import with_changes
from weightflow.data.relations import Relation
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, Range
from weightflow.dynamics import validation_choice
from weightflow.dynamics.settings import ModelSettings, SolverSettings
from weightflow.dynamics.validation_choice import (
    ERROR_RATIO,
    choose_smoothing,
    choose_steps,
    error_ratio,
    read_error_ratio,
    validation_nll,
    validation_split,
)
from weightflow.dynamics.weight_spline import knot_times
from weightflow.errors import DivergenceError
from weightflow.networks.backbones import make_backbone
from weightflow.networks.settings import BackboneSettings
from weightflow.seeding import Computation
from weightflow.storage import write_json
from weightflow.teaching.teachers import Teacher, Teachers

CPU = torch.device("cpu")
SOLVER = SolverSettings()
LEVELS, TIMES = 10, np.array([0.0, 1.0, 2.0])
TEACHERS = Teachers.single(Teacher("bridge", 0.5), Teacher("mixture"))
SPLINE = {"knots": 1, "first_knots": 2, "steps": 60, "times": 4, "batch": 64, "learning_rate": 0.05}
SMOOTHING = {"hidden": 2, "softmax_up_to": 256, "curvature": 0.1, "roughness": 0.003, "kernel": 0, "independence": 0}


@pytest.fixture
def data() -> Snapshots:
    """Three snapshots of 300 counts whose mean rises."""
    rng = np.random.default_rng(0)
    states = [rng.choice(LEVELS, (300, 1), p=binom.pmf(np.arange(LEVELS), 9, 0.2 + 0.3 * t)) for t in TIMES]
    return Snapshots(TIMES, states, [], np.ones(3, dtype=bool), ["a"], Counts(LEVELS), "training", "hour")


@pytest.fixture
def model(model_settings) -> ModelSettings:
    """Settings of a small ODE that begins at the spline."""
    return with_changes(
        model_settings,
        backbone={"hidden": 2},
        teacher={"points": 3},
        anchors={"first_steps": 40, "steps": 20},
        path={"method": "pca"},
        selection={"steps": 60, "every": 2},
        spline=SPLINE | {"curvature": 0.1, "roughness": 0.003, "kernel": 0, "independence": 0},
        dynamics={"kind": "ode", "start": "spline", "width": 8, "layers": 1, "heads": 2, "feedforward": 8},
        training={"steps": 5, "batch": 32, "times": 3, "behavioural": 1.0, "learning_rate": 0.001},
    )


def numbered(sizes: list[int]) -> list[np.ndarray]:
    """Snapshots whose states are their own row numbers."""
    return [np.arange(n)[:, None] for n in sizes]


def with_states(data: Snapshots, states: list[np.ndarray]) -> Snapshots:
    return dataclasses.replace(data, training=states)


@pytest.mark.parametrize("sizes", [[50, 50, 50], [50, 20, 31]])
def test_what_is_put_aside_is_not_learnt_from(data, sizes):
    learning, validation = validation_split(with_states(data, numbered(sizes)), 0.2, seed=0)
    for kept, aside, size in zip(learning, validation, sizes, strict=True):
        assert len(aside) == round(0.2 * size)
        assert sorted([*kept.flatten(), *aside.flatten()]) == list(range(size))


def test_of_equal_snapshots_the_same_rows_are_put_aside(data):
    _, paired = validation_split(with_states(data, numbered([50] * 3)), 0.2, seed=0)
    _, unpaired = validation_split(with_states(data, numbered([50, 51, 50])), 0.2, seed=0)
    assert np.array_equal(paired[0], paired[1])
    assert np.array_equal(paired[0], paired[2])
    assert not np.array_equal(unpaired[0], unpaired[2])


def test_only_observed_snapshots_are_split(data):
    seen = dataclasses.replace(data, is_observed=np.array([True, False, True]))
    learning, validation = validation_split(seen, 0.2, seed=0)
    assert len(learning) == len(validation) == 2


def test_the_split_depends_on_the_seed_alone(data):
    one, two, other = (validation_split(data, 0.2, seed)[1] for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_validation_counts_every_snapshot_alike(model):
    backbone, states = make_backbone(model.backbone, ["a"], Counts(LEVELS)), numbered([4, 9, 2])
    weights = backbone.initial(3, torch.Generator().manual_seed(0))
    each = [-backbone.log_prob(weights[k : k + 1], torch.from_numpy(states[k])).mean().item() for k in range(3)]
    assert validation_nll(backbone, weights.numpy(), states) == pytest.approx(np.mean(each), rel=1e-6)


def test_smoothing_over_counts_is_chosen_before_smoothing_in_time(data, model):
    model = with_changes(model, spline={"curvature": [1.0, 10.0], "roughness": [0.003, 1000.0]})
    choice, table = choose_smoothing(data, TEACHERS, model, Computation(0, CPU))
    assert table[["curvature", "roughness"]].values.tolist() == [[1, 0.003], [1, 1000], [10, 0.003]]
    assert choice["roughness"] == 0.003
    assert choice["curvature"] == table["curvature"][table["nll"].argmin()]


def test_where_nothing_is_to_choose_nothing_is_fitted(data, model, monkeypatch):
    monkeypatch.setattr(validation_choice, "fit_spline", None)
    choice, table = choose_smoothing(data, TEACHERS, model, Computation(0, CPU))
    assert choice == SMOOTHING | {ERROR_RATIO: 1}
    assert table.empty
    assert table.columns.tolist() == [
        "hidden",
        "softmax_up_to",
        "curvature",
        "roughness",
        "kernel",
        "independence",
        "nll",
    ]


@pytest.mark.parametrize("teachers", [TEACHERS, None], ids=["taught", "snapshots alone"])
@pytest.mark.parametrize("better", [0, 1])
def test_the_clearly_better_smoothing_is_chosen(data, model, teachers, better):
    asked = [0.003, 1000.0] if better == 0 else [1000.0, 0.003]
    model = with_changes(model, spline={"roughness": asked})
    choice, table = choose_smoothing(data, teachers, model, Computation(0, CPU))
    assert {name: choice[name] for name in SMOOTHING} == SMOOTHING
    assert table["nll"].argmin() == better
    assert table["roughness"].tolist() == asked


def test_of_several_widths_one_is_chosen(data, model):
    model = with_changes(model, backbone={"hidden": [1, 3]})
    choice, table = choose_smoothing(data, TEACHERS, model, Computation(0, CPU))
    assert table["hidden"].tolist() == [1, 3]
    assert choice["hidden"] == table["hidden"][table["nll"].argmin()]


def test_same_seed_same_choice(data, model):
    model = with_changes(model, spline={"curvature": [0.1, 10.0]})
    (_, one), (_, two), (_, other) = (
        choose_smoothing(data, TEACHERS, model, Computation(seed, CPU)) for seed in (0, 0, 1)
    )
    assert one.equals(two)
    assert not one.equals(other)


@pytest.fixture
def marked(data) -> Snapshots:
    """Every count that is put aside is 3, and all others are 2."""
    rows = validation_split(with_states(data, numbered([300] * 3)), 0.2, seed=0)[1][0][:, 0]
    states = [np.full((300, 1), 2) for _ in TIMES]
    for snapshot in states:
        snapshot[rows] = 3
    return with_states(data, states)


def test_candidates_learn_from_no_state_that_judges_them(marked, model, monkeypatch):
    told, fit = [], validation_choice.fit_spline
    monkeypatch.setattr(validation_choice, "fit_spline", lambda *a: told.extend(a[2].states) or fit(*a))
    model = with_changes(model, spline={"curvature": [0.1, 1.0]})
    choose_smoothing(marked, None, model, Computation(0, CPU))
    assert len(told) == 6
    assert all((taught == 2).all() for taught in told)


def test_a_candidate_that_diverges_is_out(data, model, monkeypatch, caplog):
    fit = validation_choice.fit_spline

    def fragile(*arguments):
        if arguments[4]["roughness"] == 0.003:
            raise DivergenceError("fitting the weight spline diverged.")
        return fit(*arguments)

    monkeypatch.setattr(validation_choice, "fit_spline", fragile)
    model = with_changes(model, spline={"roughness": [0.003, 0.01]})
    choice, table = choose_smoothing(data, TEACHERS, model, Computation(0, CPU))
    assert choice["roughness"] == 0.01
    assert table["nll"][0] == np.inf
    candidate = {"softmax_up_to": 256, "hidden": 2, "roughness": 0.003, "kernel": 0, "independence": 0}
    assert f"diverged. The candidate {candidate | {'curvature': 0.1}} is out." in caplog.text


def test_where_every_candidate_diverges_one_sentence_says_so(data, model):
    model = with_changes(model, spline={"curvature": [0.1, 1.0], "learning_rate": 1e30})
    with pytest.raises(DivergenceError, match=r"every candidate .* diverged; lower models\.\*\.spline\.learning_rate"):
        choose_smoothing(data, TEACHERS, model, Computation(0, CPU))


def steps_of(data, model, seed: int = 0, teachers: Teachers | None = TEACHERS):
    return choose_steps(data, teachers, SMOOTHING, model, SOLVER, Computation(seed, CPU))


@pytest.mark.parametrize("teachers", [TEACHERS, None], ids=["taught", "snapshots alone"])
def test_steps_are_judged_at_the_start_every_so_often_and_at_the_end(data, model, teachers):
    chosen, table = steps_of(data, model, teachers=teachers)
    assert table.columns.tolist() == ["step", "nll", "error"]
    assert table["step"].tolist() == [0, 2, 4, 5]
    best = table["nll"].argmin()
    assert table["error"][best] == 0
    assert chosen == table["step"][table["nll"] - table["nll"][best] <= 2 * table["error"]].min()
    assert np.isfinite(table["nll"]).all()


def test_no_steps_are_chosen_where_each_one_harms(data, model):
    model = with_changes(model, training={"learning_rate": 3.0, "schedule": "constant"})
    chosen, table = steps_of(data, model)
    assert chosen == 0
    assert (table["nll"][1:] > table["nll"][0] + 0.1).all()


def test_before_any_step_the_learned_spline_itself_is_judged(data, model, monkeypatch):
    curves, fit = [], validation_choice.fit_spline
    monkeypatch.setattr(validation_choice, "fit_spline", lambda *a: curves.append(fit(*a)) or curves[-1])
    _, table = steps_of(data, model)
    ((curve, _),) = curves
    assert np.array_equal(curve.times, knot_times(TIMES, 1, 2))
    _, judging = validation_split(data, model.selection.validation, 0)
    backbone = make_backbone(model.backbone, ["a"], Counts(LEVELS))
    assert table["nll"][0] == pytest.approx(validation_nll(backbone, curve.at(TIMES), judging), abs=1e-5)


def test_some_steps_are_chosen_where_they_help(data, model):
    model = with_changes(model, anchors={"first_steps": 1, "steps": 1})
    model = with_changes(model, spline={"steps": 5})  # leaves much to learn
    model = with_changes(model, training={"steps": 30, "learning_rate": 0.05, "structural": 0.0})
    chosen, table = steps_of(data, model)
    assert chosen > 0
    assert table["nll"].min() < table["nll"][0] - 0.02


def test_same_seed_same_steps(data, model):
    (_, one), (_, two), (_, other) = (steps_of(data, model, seed) for seed in (0, 0, 1))
    assert one.equals(two)
    assert not one.equals(other)


def test_a_field_that_diverges_is_judged_up_to_there(data, model):
    model = with_changes(model, training={"learning_rate": 1e25, "schedule": "constant"})
    chosen, table = steps_of(data, model)
    assert chosen == 0
    assert table["step"].tolist() == [0]


def test_a_field_that_diverges_at_once_is_refused_in_one_sentence(data, model, monkeypatch):
    def lost(*arguments):
        raise DivergenceError("the solution becomes infinite or NaN.")

    monkeypatch.setattr(validation_choice, "solve_weights", lost)
    with pytest.raises(DivergenceError, match=r"before the first step; raise models\.\*\.solver\.substeps"):
        steps_of(data, model)


@pytest.mark.parametrize("kind", ["ode", "cde"])
@pytest.mark.parametrize("steps", [0, 5])
def test_anchors_path_spline_and_field_see_no_state_that_judges_them(marked, model, monkeypatch, kind, steps):
    model = with_changes(model, dynamics={"kind": kind}, spline={"steps": steps}, training={"divergence": 1.0})
    seen, made = [], []
    for name, states in (("train_anchors", lambda a: a[1]), ("Behaviour", lambda a: a[1])):
        own = getattr(validation_choice, name)
        spy = lambda *a, own=own, states=states: seen.extend(states(a)) or own(*a)  # noqa: E731
        monkeypatch.setattr(validation_choice, name, spy)
    fit_spline, fit_dynamics = validation_choice.fit_spline, validation_choice.fit_dynamics
    monkeypatch.setattr(validation_choice, "fit_spline", lambda *a: seen.extend(a[2].states) or fit_spline(*a))

    def fit(field, material, *rest, **more):
        made.append((field, material.graph))
        seen.extend(material.snapshots)
        return fit_dynamics(field, material, *rest, **more)

    monkeypatch.setattr(validation_choice, "fit_dynamics", fit)
    steps_of(marked, model, teachers=None)
    assert len(seen) == (12 if kind == "cde" else 9)
    assert all((states == 2).all() for states in seen)
    ((field, graph),) = made
    if not steps:  # the curve is the spline through these anchors, as that of the final fit is
        knots = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
        np.testing.assert_allclose(field.base(knots), graph.weights, atol=1e-5)


def test_independence_is_not_tried_where_relations_hold_all_variables(model, data):
    """No value would be exchanged, so that every candidate would be the same."""
    space = Counts.of([Range(LEVELS - 1)] * 2, [Relation((1, 1), LEVELS - 1, 1)])
    states = [np.hstack([part, LEVELS - 1 - part]) for part in data.training]
    bound = dataclasses.replace(data, training=states, variables=["a", "b"], space=space)
    choice, table = choose_smoothing(
        bound, TEACHERS, with_changes(model, spline={"independence": [0, 0.5]}), Computation(0, CPU)
    )
    assert choice["independence"] == 0
    assert table.empty


def test_the_error_of_the_chosen_networks_is_saved(data, model, tmp_path):
    model = with_changes(model, spline={"roughness": [0.003, 1000.0]})
    choice, _ = choose_smoothing(data, TEACHERS, model, Computation(0, CPU))
    write_json(tmp_path / "choice.json", choice)
    assert read_error_ratio(tmp_path / "choice.json") == choice[ERROR_RATIO] >= 0


def test_few_validation_states_leave_the_error_ratio_near_one(rng):
    backbone = make_backbone(BackboneSettings(hidden=2), ["a"], Counts(LEVELS))
    weights = backbone.initial(3, torch.Generator().manual_seed(0)).numpy()
    ratios = [
        error_ratio(backbone, weights, *([rng.integers(0, LEVELS, (size, 1))] * 3 for size in sizes), 0)
        for sizes in ((400, 4), (400, 400))
    ]
    assert abs(ratios[0] - 1) < 0.6
    assert ratios[1] > 2  # fresh networks know nothing of these states
