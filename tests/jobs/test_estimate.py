"""Estimates of a run's cost from a small part of each stage."""

import dataclasses
import time

import numpy as np
import pytest
import torch

from weightflow.dynamics.equations import ODEField
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs import estimate
from weightflow.jobs.estimate import STAGES, Work, linear, seconds_of_stage

SMALL = {
    "anchors": {"first_steps": 40, "steps": 20, "batch": 32},
    "spline": {"steps": 50, "curvature": [1, 10], "batch": 32, "times": 4},
    "selection": {"steps": 30},
    "path": {"autoencoder_steps": 30},
    "training": {"steps": 20, "batch": 16, "times": 4},
    "teacher": {"points": 4},
}


@pytest.fixture
def work(counts):
    """A function to the work of a model with some settings."""

    def build(**changes) -> Work:
        sections = {name: SMALL.get(name, {}) | changes.get(name, {}) for name in {*SMALL, *changes}}
        return Work(counts, ModelSettings.of(sections, "test"), 20, 1, None, torch.device("cpu"))

    return build


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_an_estimate(work, stage):
    spent = STAGES[stage](work(dynamics={"kind": "cde", "start": "spline"}))
    assert np.isfinite(spent)
    assert spent > 0


def test_seconds_grow_with_the_units_and_not_with_what_all_runs_cost(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def run(count: int) -> None:
        clock[0] += 3 + 0.5 * count

    assert linear(run, 1000) == pytest.approx(503)
    assert linear(run, 2) == pytest.approx(4)


@pytest.mark.parametrize(("search", "fits"), [("in_turn", 5), ("grid", 12)])
def test_every_candidate_is_counted(work, monkeypatch, search, fits):
    monkeypatch.setattr(estimate, "_spline_steps", lambda work, steps, width: steps * width)
    own = work(
        backbone={"hidden": [2, 4]},
        spline={"curvature": [1, 2, 3], "roughness": [0.1, 0.2], "kernel": 0, "independence": 0},
        selection={"steps": 10, "search": search},
    )
    assert STAGES["smoothing"](own) == fits * 10 * 3


def test_without_a_choice_nothing_is_spent_on_it(work):
    own = work(spline={"curvature": 1, "roughness": 0.1, "kernel": 0, "independence": 0})
    assert STAGES["smoothing"](own) == 0


def test_what_the_model_must_not_see_has_no_part_in_its_training(work, counts):
    hidden = [s if seen else s * 0 + 7 for s, seen in zip(counts.training, counts.is_observed, strict=True)]
    other = dataclasses.replace(work(), data=dataclasses.replace(counts, training=hidden))
    for ours, theirs in zip(work().told.states, other.told.states, strict=True):
        assert np.array_equal(ours, theirs)


def test_a_step_for_each_time_of_the_data_is_counted(work, monkeypatch):
    calls, forward = [], ODEField.forward
    monkeypatch.setattr(ODEField, "forward", lambda *arguments: calls.append(0) or forward(*arguments))
    counted = {}
    for way in ("as_fitted", "each_time"):
        calls.clear()
        STAGES["predict"](work(dynamics={"kind": "ode"}, solver={"prediction": way}))
        counted[way] = len(calls)
    assert counted["each_time"] - counted["as_fitted"] == 4 * (5 - 2)  # rates in a step; intervals


@pytest.mark.parametrize("stage", ["anchors", "latent_path", "dynamics"])
def test_what_is_read_costs_nothing_to_train(work, stage):
    assert seconds_of_stage(work(released={"folder": "there"}), stage) == 0
