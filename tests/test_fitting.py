"""Fitting the dynamics: the same bytes with or without an interruption, and clear ends to bad runs."""

import dataclasses

import numpy as np
import pytest
import torch
from conftest import SMALL_DYNAMICS

from weightflow import fitting
from weightflow.dynamics import Solver, normalise_times
from weightflow.errors import DivergenceError, InputError
from weightflow.fitting import TERMS, Material, fit_dynamics, load_field, make_field, write_field
from weightflow.storage import write_tensors

CPU = torch.device("cpu")
SOLVER = Solver(method="rk4", substeps=1, rtol=1e-4, atol=1e-5, adjoint=False)
KINDS = ["ode", "cde"]


class Interrupted(Exception):  # noqa: N818
    """Stands for a killed job."""


@pytest.fixture
def path() -> np.ndarray:
    """(5, 2) latent coordinates."""
    return np.random.default_rng(3).normal(size=(5, 2))


@pytest.fixture
def training(model_settings) -> dict:
    return model_settings["training"] | {"steps": 7, "checkpoint_every": 2, "starts": 2}


@pytest.fixture
def fit(graph, path, training, tmp_path):
    """Fit a fresh field; return it, its table and its parameters' bytes."""

    def run(kind="ode", seed=0, checkpoint=tmp_path / "checkpoint.safetensors", graph=graph, path=path, **changes):
        field = make_field(graph, path, SMALL_DYNAMICS | {"kind": kind}, seed)
        table = fit_dynamics(field, Material(graph), SOLVER, training | changes, seed, CPU, checkpoint)
        return field, table, state_bytes(field)

    return run


def state_bytes(field) -> bytes:
    return b"".join(value.numpy().tobytes() for _, value in sorted(field.state_dict().items()))


@pytest.fixture
def interrupt(monkeypatch, fit):
    """Run until a step begins, and die there."""

    def at(step: int, **arguments) -> None:
        evolve, calls = fitting.evolve, []

        def dying(*inputs):
            calls.append(None)
            if len(calls) > step:
                raise Interrupted
            return evolve(*inputs)

        with monkeypatch.context() as patch:
            patch.setattr(fitting, "evolve", dying)
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


def test_the_callers_random_state_is_left_alone(graph, path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make_field(graph, path, SMALL_DYNAMICS, seed=0)
    assert torch.equal(torch.rand(3), expected)


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
    calls, evolve = [], fitting.evolve
    monkeypatch.setattr(fitting, "evolve", lambda *inputs: calls.append(None) or evolve(*inputs))
    fit()
    assert len(calls) == 3  # steps 4, 5 and 6 after the checkpoint at 4


def test_a_finished_run_leaves_no_checkpoint(fit, tmp_path):
    fit()
    assert not list(tmp_path.glob("checkpoint*"))


def test_no_checkpoints_are_written_where_none_are_wanted(fit, interrupt, tmp_path):
    interrupt(6, checkpoint_every=0)
    assert not list(tmp_path.glob("checkpoint*"))


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


def test_the_loss_falls(fit):
    _, table, _ = fit("cde", steps=60, learning_rate=0.02)
    assert table["structural"].tail(10).mean() < 0.7 * table["structural"].head(10).mean()


def test_the_table_adds_up(fit):
    _, table, _ = fit(structural=2.0, energy=0.25)
    assert table.columns.tolist() == ["step", "loss", *TERMS]
    assert table["step"].tolist() == list(range(7))
    np.testing.assert_allclose(table["loss"], table[list(TERMS)].sum(axis=1), rtol=1e-5)


def test_a_terms_column_holds_it_with_its_weight(fit):
    (_, once, _), (_, twice, _) = fit(steps=1), fit(steps=1, structural=2.0)
    assert twice["structural"][0] == pytest.approx(2 * once["structural"][0])


def test_the_horizon_stays_within_its_bound(fit, monkeypatch):
    horizons, evolve = [], fitting.evolve
    monkeypatch.setattr(fitting, "evolve", lambda *inputs: horizons.append(inputs[4]) or evolve(*inputs))
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_field_is_read_back(fit, graph, path, tmp_path, kind):
    field, _, expected = fit(kind)
    write_field(tmp_path / "dynamics.safetensors", field)
    fresh = make_field(graph, path, SMALL_DYNAMICS | {"kind": kind}, seed=9)
    load_field(tmp_path / "dynamics.safetensors", fresh)
    assert state_bytes(fresh) == expected


def test_start_from_begins_where_another_run_ended(fit, tmp_path):
    field, before, _ = fit(steps=60, learning_rate=0.02)
    write_field(tmp_path / "dynamics.safetensors", field)
    _, after, _ = fit(steps=10, learning_rate=1e-6, start_from=str(tmp_path / "dynamics.safetensors"))
    assert after["structural"].mean() < before["structural"].head(10).mean()


def test_start_from_another_shape_is_refused(fit, graph, path, tmp_path):
    wider = make_field(graph, path, SMALL_DYNAMICS | {"width": 16}, seed=0)
    write_field(tmp_path / "wide.safetensors", wider)
    with pytest.raises(InputError, match=r"wide\.safetensors: holds dynamics of another shape; use one"):
        fit(start_from=str(tmp_path / "wide.safetensors"))


def test_a_truncated_field_is_refused_by_name(fit, tmp_path):
    field, _, _ = fit()
    path = tmp_path / "dynamics.safetensors"
    write_field(path, field)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"dynamics\.safetensors: the file is truncated"):
        load_field(path, field)


def test_start_from_keeps_this_runs_latent_path(fit, path, tmp_path):
    first, _, _ = fit("cde")
    write_field(tmp_path / "dynamics.safetensors", first)
    second, _, _ = fit("cde", path=-2 * path, start_from=str(tmp_path / "dynamics.safetensors"))
    fresh, _, _ = fit("cde", path=-2 * path)
    for name, value in fresh.named_buffers():
        assert torch.equal(dict(second.named_buffers())[name], value), name
