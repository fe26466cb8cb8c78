"""Fitting the dynamics: the same bytes with or without an interruption, and clear ends to bad runs."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.conftest import SMALL_DYNAMICS
from weightflow.data.state_space import Counts
from weightflow.dynamics import field_fitting
from weightflow.dynamics.equations import evolve, normalise_times, solve_weights
from weightflow.dynamics.field_files import make_field, write_field
from weightflow.dynamics.field_fitting import Material, Monitor, fit_dynamics
from weightflow.dynamics.registry import LOSS_TERMS
from weightflow.dynamics.settings import SolverSettings, TrainingSettings
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.dynamics.weight_spline import knot_times, through
from weightflow.errors import DivergenceError, InputError
from weightflow.networks import losses
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.settings import BackboneSettings
from weightflow.seeding import Computation
from weightflow.storage import write_tensors
from weightflow.teaching.teachers import Teacher, Teachers, lesson

CPU = torch.device("cpu")
SOLVER = SolverSettings()
KINDS = ["ode", "cde"]
TEACHERS = Teachers.single(Teacher("bridge", 0.5), Teacher("mixture"))


class Interrupted(Exception):  # noqa: N818
    """Stands for a killed job."""


@pytest.fixture
def path() -> np.ndarray:
    """(5, 2) latent coordinates."""
    return np.random.default_rng(3).normal(size=(5, 2))


@pytest.fixture
def training(model_settings) -> TrainingSettings:
    return model_settings.training.but(steps=7, checkpoint_every=2, starts=2)


@pytest.fixture
def fit(graph, path, training, tmp_path):
    """Fit a fresh field; return it, its table and its parameters' bytes."""

    def run(kind="ode", seed=0, checkpoint=tmp_path / "checkpoint.safetensors", graph=graph, path=path, **changes):
        field = make_field(graph, path, SMALL_DYNAMICS.but(kind=kind), seed)
        table = fit_dynamics(
            field, Material(graph), SOLVER, training.but(**changes), Computation(seed, CPU), Monitor(checkpoint)
        )
        return field, table, state_bytes(field)

    return run


def state_bytes(field) -> bytes:
    return b"".join(value.numpy().tobytes() for _, value in sorted(field.state_dict().items()))


@pytest.fixture
def interrupt(monkeypatch, fit):
    """Run until a step begins, and die there."""

    def at(step: int, **arguments) -> None:
        evolve, calls = field_fitting.evolve, []

        def dying(*inputs):
            calls.append(None)
            if len(calls) > step:
                raise Interrupted
            return evolve(*inputs)

        with monkeypatch.context() as patch:
            patch.setattr(field_fitting, "evolve", dying)
            with pytest.raises(Interrupted):
                fit(**arguments)

    return at


def test_times_run_from_zero_to_one_over_the_observed_range():
    times = normalise_times(np.array([2.0, 3.0, 12.0, 22.0]), np.array([2.0, 4.0, 12.0]))
    assert times.tolist() == pytest.approx([0, 0.1, 1, 2])


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_gives_the_same_bytes(fit, kind):
    _, first, one = fit(kind)
    _, second, two = fit(kind)
    assert one == two
    assert first.equals(second)


def test_another_seed_gives_other_parameters(fit):
    assert fit(seed=0)[2] != fit(seed=1)[2]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [1, 2, 5, 6])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(fit, interrupt, tmp_path, kind, step):
    _, table, expected = fit(kind, checkpoint=tmp_path / "other.safetensors")
    interrupt(step, kind=kind)
    _, resumed_table, resumed = fit(kind)
    assert resumed == expected
    assert resumed_table.equals(table)


def test_a_resumed_run_takes_only_the_steps_that_are_left(fit, interrupt, monkeypatch):
    interrupt(5)
    calls, evolve = [], field_fitting.evolve
    monkeypatch.setattr(field_fitting, "evolve", lambda *inputs: calls.append(None) or evolve(*inputs))
    fit()
    assert len(calls) == 3  # steps 4, 5 and 6 after the checkpoint at 4


def test_a_finished_run_leaves_no_checkpoint(fit, tmp_path):
    fit()
    assert not list(tmp_path.glob("checkpoint*"))


def test_no_checkpoints_are_written_where_none_are_wanted(fit, interrupt, tmp_path):
    interrupt(6, checkpoint_every=0)
    assert not list(tmp_path.glob("checkpoint*"))


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["truncated", "foreign", "empty"])
def test_a_damaged_checkpoint_is_ignored(fit, interrupt, tmp_path, damage):
    expected = fit()[2]
    interrupt(5)
    path = tmp_path / "checkpoint.safetensors"
    content = path.read_bytes()
    if damage == "foreign":
        write_tensors(path, "anchor", {"weights": np.zeros(2)})
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"")
    assert fit()[2] == expected


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"seed": 1}, {"learning_rate": 0.01}, {"steps": 9}, {"energy": 0.5}])
def test_a_checkpoint_of_other_settings_is_ignored(fit, interrupt, tmp_path, change):
    interrupt(5)
    expected = fit(checkpoint=tmp_path / "other.safetensors", **change)[2]
    assert fit(**change)[2] == expected


def test_a_checkpoint_of_other_anchors_is_ignored(fit, interrupt, graph, tmp_path):
    other = dataclasses.replace(graph, tokens=graph.tokens * np.float32(1.1), anchors="another digest")
    interrupt(5)
    assert fit(graph=other)[2] == fit(graph=other, checkpoint=tmp_path / "other.safetensors")[2]


def test_a_checkpoint_of_another_latent_path_is_ignored(fit, interrupt, path, tmp_path):
    interrupt(5, kind="cde")
    expected = fit("cde", path=-2 * path, checkpoint=tmp_path / "other.safetensors")[2]
    assert fit("cde", path=-2 * path)[2] == expected


@pytest.mark.slow
def test_the_loss_falls(fit):
    _, table, _ = fit("cde", steps=60, learning_rate=0.02)
    assert table["structural"].tail(10).mean() < 0.7 * table["structural"].head(10).mean()


def test_the_table_adds_up(fit):
    _, table, _ = fit(structural=2.0, energy=0.25)
    assert table.columns.tolist() == ["step", "loss", *LOSS_TERMS]
    assert table["step"].tolist() == list(range(7))
    np.testing.assert_allclose(table["loss"], table[list(LOSS_TERMS)].sum(axis=1), rtol=1e-5)


def test_a_terms_column_holds_it_with_its_weight(fit):
    (_, once, _), (_, twice, _) = fit(steps=1), fit(steps=1, structural=2.0)
    assert twice["structural"][0] == pytest.approx(2 * once["structural"][0])


def test_the_horizon_stays_within_its_bound(fit, monkeypatch):
    horizons, evolve = [], field_fitting.evolve
    monkeypatch.setattr(field_fitting, "evolve", lambda *inputs: horizons.append(inputs[4]) or evolve(*inputs))
    fit(steps=30, max_horizon=2)
    assert set(horizons) == {1, 2}


def test_what_stands_in_the_padding_changes_no_loss(fit, graph):
    tokens = np.where(graph.mask, graph.tokens, np.float32(1e6))
    _, padded, _ = fit(graph=dataclasses.replace(graph, tokens=tokens))
    assert padded.equals(fit()[1])


def test_divergence_names_the_settings_to_change(fit):
    sentence = r"diverged at step .*lower models\.\*\.training\.learning_rate \(now 1e\+25\) or raise .*substeps"
    with pytest.raises(DivergenceError, match=sentence):
        fit(learning_rate=1e25, schedule="constant")


@pytest.mark.parametrize("stop", [3, 4, 5])
def test_a_resumed_run_takes_no_more_steps_than_its_stop(graph, path, training, fit, interrupt, tmp_path, stop):
    """A checkpoint lies after four steps; that a stop came down since then is no news to the settings."""
    interrupt(5)

    def stopped(checkpoint):
        field = make_field(graph, path, SMALL_DYNAMICS, 0)
        monitor = Monitor(checkpoint, stop=stop)
        table = fit_dynamics(field, Material(graph), SOLVER, training, Computation(0, CPU), monitor)
        return table, state_bytes(field)

    table, resumed = stopped(tmp_path / "checkpoint.safetensors")
    expected_table, expected = stopped(tmp_path / "other.safetensors")
    assert len(table) == stop
    assert table.equals(expected_table)
    assert resumed == expected


@pytest.mark.slow
def test_start_from_begins_where_another_run_ended(fit, tmp_path):
    field, before, _ = fit(steps=60, learning_rate=0.02)
    write_field(tmp_path / "dynamics.safetensors", field)
    _, after, _ = fit(steps=10, learning_rate=1e-6, start_from=str(tmp_path / "dynamics.safetensors"))
    assert after["structural"].mean() < before["structural"].head(10).mean()


def test_start_from_another_shape_is_refused(fit, graph, path, tmp_path):
    wider = make_field(graph, path, SMALL_DYNAMICS.but(width=16), seed=0)
    write_field(tmp_path / "wide.safetensors", wider)
    with pytest.raises(InputError, match=r"wide\.safetensors: holds dynamics of another shape; use one"):
        fit(start_from=str(tmp_path / "wide.safetensors"))


def test_start_from_keeps_this_runs_latent_path(fit, path, tmp_path):
    first, _, _ = fit("cde")
    write_field(tmp_path / "dynamics.safetensors", first)
    second, _, _ = fit("cde", path=-2 * path, start_from=str(tmp_path / "dynamics.safetensors"))
    fresh, _, _ = fit("cde", path=-2 * path)
    for name, value in fresh.named_buffers():
        assert torch.equal(dict(second.named_buffers())[name], value), name


# What networks say: behavioural terms on snapshots, and a teacher between them.


@pytest.fixture
def snapshots(graph, backbone) -> list[np.ndarray]:
    """Unequally many states drawn from each anchor."""
    sizes, generator = [30, 50, 40, 20, 60], torch.Generator().manual_seed(0)
    anchors = torch.from_numpy(graph.weights)
    return [backbone.sample(anchors[k : k + 1], n, generator)[0].numpy() for k, n in enumerate(sizes)]


@pytest.fixture
def behaving(graph, snapshots, backbone) -> Material:
    return Material(graph, snapshots, backbone)


@pytest.fixture
def taught(graph, snapshots, backbone) -> Material:
    told = lesson(TEACHERS, snapshots, graph.times, Counts(3), 4, np.random.default_rng(0))
    return Material(graph, snapshots, backbone, told, roughness=0.01)


@pytest.fixture
def learn(graph, path, training, tmp_path):
    """Fit a fresh field to some material, from the anchors' spline on where asked to."""
    speaking = training.but(behavioural=1.0, divergence=0.5, batch=8, times=3)

    def run(material, kind="ode", seed=0, curved=False, watch=None, checkpoint=None, **changes):
        curve = through(graph.times, graph.weights, knot_times(graph.times, 2, 3)) if curved else None
        field = make_field(graph, path, SMALL_DYNAMICS.but(kind=kind), seed, curve)
        checkpoint = checkpoint or tmp_path / "checkpoint.safetensors"
        monitor = Monitor(checkpoint, watch)
        table = fit_dynamics(field, material, SOLVER, speaking.but(**changes), Computation(seed, CPU), monitor)
        return field, table, state_bytes(field)

    return run


WAYS = ["behaving", "taught"]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("curved", [False, True], ids=["from rest", "from a curve"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_term_adds_to_the_loss(learn, request, way, curved, kind):
    _, table, _ = learn(request.getfixturevalue(way), kind, curved=curved)
    np.testing.assert_allclose(table["loss"], table[list(LOSS_TERMS)].sum(axis=1), rtol=1e-5)
    assert (table["behavioural"] > 0).all()
    assert (table[["structural", "divergence"]].iloc[1:] > 0).all(axis=None)
    assert (table["roughness"] == 0).all()  # of three counts, which have no third differences


@pytest.mark.parametrize("way", WAYS)
def test_terms_of_weight_zero_say_nothing(learn, request, way):
    _, table, _ = learn(request.getfixturevalue(way), behavioural=0.0, divergence=0.0)
    assert (table[["behavioural", "divergence"]] == 0).all(axis=None)


@pytest.mark.parametrize("way", WAYS)
def test_at_the_curve_through_the_anchors_nothing_diverges_from_them(learn, request, way):
    _, table, _ = learn(request.getfixturevalue(way), curved=True, steps=1)
    assert table["structural"][0] == pytest.approx(0, abs=1e-10)
    assert table["divergence"][0] == pytest.approx(0, abs=1e-6)
    assert table["energy"][0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_the_likelihood_of_what_is_taught_rises(learn, request, way):
    _, table, _ = learn(
        request.getfixturevalue(way), steps=60, learning_rate=0.02, structural=0.0, divergence=0.0, batch=64
    )
    assert table["behavioural"].tail(15).mean() < table["behavioural"].head(5).mean()


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_with_behaviour_same_seed_same_bytes(learn, request, way):
    material = request.getfixturevalue(way)
    assert learn(material)[2] == learn(material)[2]
    assert learn(material)[2] != learn(material, seed=1)[2]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", [2, 5])
def test_with_behaviour_an_interrupted_run_ends_as_an_uninterrupted_one(learn, request, tmp_path, way, step):
    material = request.getfixturevalue(way)
    _, table, expected = learn(material, "cde", curved=True, checkpoint=tmp_path / "other.safetensors")

    def dying(done, field):
        if done == step + 1:
            raise Interrupted

    with pytest.raises(Interrupted):
        learn(material, "cde", curved=True, watch=dying)
    seen = []
    _, resumed_table, resumed = learn(material, "cde", curved=True, watch=lambda done, field: seen.append(done))
    assert resumed == expected
    assert resumed_table.equals(table)
    assert seen == list(range(step - step % 2, 8))


@pytest.mark.slow
@pytest.mark.parametrize("change", ["states", "lesson", "roughness", "curve"])
def test_a_checkpoint_of_other_material_is_ignored(learn, taught, tmp_path, change):
    def dying(done, field):
        if done == 6:
            raise Interrupted

    with pytest.raises(Interrupted):
        learn(taught, watch=dying)
    others = {
        "states": {"snapshots": [2 - states for states in taught.snapshots]},
        "lesson": {"lesson": dataclasses.replace(taught.lesson, states=[2 - s for s in taught.lesson.states])},
        "roughness": {"roughness": 0.5},
        "curve": {},
    }
    other, curved = dataclasses.replace(taught, **others[change]), change == "curve"
    expected = learn(other, curved=curved, checkpoint=tmp_path / "other.safetensors")[2]
    assert learn(other, curved=curved)[2] == expected


def test_a_watcher_sees_the_field_before_the_first_step_and_after_each(learn, taught, graph):
    seen = []
    field, _, _ = learn(taught, watch=lambda done, field: seen.append((done, state_bytes(field))))
    assert [done for done, _ in seen] == list(range(8))
    assert len({content for _, content in seen}) == 8
    assert seen[0][1] == state_bytes(make_field(graph, None, SMALL_DYNAMICS, 0))
    assert seen[-1][1] == state_bytes(field)


def test_no_steps_leave_the_field_at_its_curve(learn, taught, graph):
    field, table, _ = learn(taught, curved=True, steps=0)
    assert table.empty
    assert table.columns.tolist() == ["step", "loss", *LOSS_TERMS]
    (weights,) = solve_weights(field, graph, [graph.times], SOLVER, graph.times)
    np.testing.assert_allclose(weights, graph.weights, atol=1e-5)


def test_with_a_teacher_a_step_solves_once_from_the_start(learn, taught, monkeypatch):
    calls, evolve_through = [], field_fitting.evolve_through
    monkeypatch.setattr(field_fitting, "evolve", None)  # the paper's way is not taken
    monkeypatch.setattr(field_fitting, "evolve_through", lambda *a: calls.append(a[3]) or evolve_through(*a))
    learn(taught, steps=5, times=3)
    assert len(calls) == 5
    for marks in calls:
        assert marks[0] == 0
        assert marks[-1] == 1
        assert 5 <= len(marks) <= 8  # the five snapshots and at most three of the lesson's times


def test_rough_logits_are_penalised_at_the_times_taught(training):
    backbone = GRUBackbone(variables=1, head=CountHead(5), hidden=2)
    weights = backbone.initial(3, torch.Generator().manual_seed(0))
    own = build_weight_graph(backbone.layers, weights.numpy(), np.array([0.0, 1.0, 2.0]), "digest", BackboneSettings())
    states = [np.random.default_rng(k).integers(0, 5, (20, 1)) for k in range(3)]
    told = lesson(TEACHERS, states, own.times, Counts(5), 2, np.random.default_rng(0))

    def first(roughness: float) -> float:
        field = make_field(own, None, SMALL_DYNAMICS, 0)
        material = Material(own, states, backbone, told, roughness)
        once = training.but(steps=1, behavioural=1.0)
        return fit_dynamics(field, material, SOLVER, once, Computation(0, CPU))["roughness"][0]

    expected = losses.roughness(backbone, weights[:1]).item()  # a field at rest stays at the first anchor
    assert first(0.25) == pytest.approx(0.25 * expected, rel=1e-5)
    assert first(0.0) == 0


def test_behavioural_terms_need_a_backbone(learn, behaving):
    with pytest.raises(ValueError, match="behavioural terms and a divergence need a backbone"):
        learn(dataclasses.replace(behaving, backbone=None))


def test_divergence_with_a_teacher_names_the_settings_to_change(learn, taught):
    with pytest.raises(DivergenceError, match=r"diverged at step .*learning_rate \(now 1e\+25\)"):
        learn(taught, learning_rate=1e25, schedule="constant")


def test_a_stop_takes_the_first_steps_of_the_longer_run(graph, path, training, tmp_path):
    """Steps that a validation split chose are those that it judged: the learning rate's schedule is the same."""
    seen = {}

    def watch(step, field):
        seen[step] = state_bytes(field)

    make = lambda: make_field(graph, path, SMALL_DYNAMICS, 0)  # noqa: E731
    fit_dynamics(make(), Material(graph), SOLVER, training, Computation(0, CPU), Monitor(watch=watch))
    field = make()
    table = fit_dynamics(field, Material(graph), SOLVER, training, Computation(0, CPU), Monitor(stop=3))
    assert len(table) == 3
    assert state_bytes(field) == seen[3]


PUBLISHED = {"repeats": True, "restart": True, "starts": 64, "clip": None, "keep": "best", "round": 2}


@pytest.mark.parametrize("step", [1, 3, 5])
def test_an_interrupted_run_keeps_its_best_parameters_and_dropped_activations(fit, tmp_path, graph, path, step):
    settings = SMALL_DYNAMICS.but(kind="cde", dropout=0.2, norm="after", start="random")
    own = TrainingSettings(steps=7, checkpoint_every=2, **PUBLISHED)

    def run(checkpoint, stop=None):
        field = make_field(graph, path, settings, 0)

        def watch(done, _):
            if done == stop:
                raise Interrupted

        monitor = Monitor(tmp_path / checkpoint, watch=watch)
        fit_dynamics(field, Material(graph), SOLVER, own, Computation(0, CPU), monitor)
        return state_bytes(field)

    expected = run("whole")
    with pytest.raises(Interrupted):
        run("half", step)
    assert run("half") == expected


def test_the_best_round_is_kept(fit):
    settings = {"steps": 12, "learning_rate": 0.3, "schedule": "constant", "round": 3}
    table = fit(**settings)[1]
    rounds = table["structural"].to_numpy().reshape(4, 3).mean(1)
    assert rounds.argmin() < 3  # with this learning rate the loss rises again
    kept, last = (fit(keep=keep, **settings)[2] for keep in ("best", "last"))
    assert kept != last
    assert kept == fit(**settings | {"steps": int(3 * (rounds.argmin() + 1))})[2]


def test_starts_count_as_often_as_they_are_drawn(graph, path, training):
    field = make_field(graph, path, SMALL_DYNAMICS.but(kind="cde", start="random"), 0)
    own = training.but(starts=40, repeats=True, max_horizon=2, energy=1.0)
    terms = field_fitting.StepTerms(field, Material(graph), SOLVER, own, CPU)(np.random.default_rng(5))
    draws, count = np.random.default_rng(5), len(graph.times)
    horizon = int(draws.integers(1, 3))
    starts = torch.as_tensor(draws.integers(0, count - horizon, 40))
    assert len(starts.unique()) < 40
    knots, anchors = normalise_times(graph.times, graph.times), torch.as_tensor(graph.weights, dtype=torch.float32)
    reached, energy = evolve(field, anchors[starts], starts, knots, horizon, SOLVER)
    goals = torch.stack([anchors[starts + i + 1] for i in range(horizon)])
    torch.testing.assert_close(terms["structural"], (reached - goals).square().mean())
    torch.testing.assert_close(terms["energy"], energy[-1].mean())


def test_the_energy_may_be_that_of_each_horizon_and_of_the_whole_path(learn, taught):
    first = {}
    for until in ("end", "each"):
        for of in ("deviation", "path"):
            _, table, _ = learn(taught, curved=True, steps=1, energy=1.0, energy_until=until, energy_of=of)
            first[until, of] = table["energy"].iloc[0]
    assert first["end", "deviation"] == first["each", "deviation"] == 0  # the field starts at its curve
    assert first["end", "path"] > first["each", "path"] > 0


def test_dropped_activations_are_the_same_in_a_whole_solution(graph):
    network = make_field(graph, None, SMALL_DYNAMICS.but(dropout=0.5, start="random"), 0).network.train()
    weights, time = torch.as_tensor(graph.weights, dtype=torch.float32), torch.zeros(len(graph.weights))
    network.drop(1)
    first, again = network(weights, time), network(weights, time)
    network.drop(2)
    assert torch.equal(first, again)
    assert not torch.equal(first, network(weights, time))
    network.eval()
    assert torch.equal(network(weights, time), network(weights, time))
