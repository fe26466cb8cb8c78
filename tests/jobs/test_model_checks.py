"""Every job that may be the first to train something refuses all models that do not suit its data set."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from weightflow.errors import InputError
from weightflow.jobs.model_checks import check_suited


@pytest.fixture
def job(complete):
    """A job of one data set, given the models and factors of the config."""

    def of(dataset: str, **config) -> SimpleNamespace:
        sets = {"datasets": {name: {"system": "epidemic"} for name in ("a", "b")}}
        return SimpleNamespace(wildcards=SimpleNamespace(dataset=dataset), config=complete(sets | config))

    return of


def test_a_job_refuses_every_model_of_its_data_set(counts, job):
    wide = {"dynamics": {"kind": "cde"}, "path": {"z_dim": 3}}
    check_suited(counts, job("a", models={"m": {}}))
    with pytest.raises(InputError, match=r"data set a: models\.second\.path\.z_dim is 3"):
        check_suited(counts, job("a", models={"m": {}, "second": wide}))
    study = {"models": {"m": {}}, "ablations": {"datasets": ["b"], "factors": {"path": {"wide": wide}}}}
    check_suited(counts, job("a", **study))
    with pytest.raises(InputError, match=r"data set b: models\.path-wide\.path\.z_dim is 3"):
        check_suited(counts, job("b", **study))


def test_a_job_refuses_times_of_predictions_before_the_first_snapshot(counts, job):
    check_suited(counts, job("a", prediction={"times": [0, 0.1, 7]}))
    with pytest.raises(InputError, match=r"data set a: prediction\.times: -1 is before the first observed time 0"):
        check_suited(counts, job("a", prediction={"times": [1, -1]}))


def test_a_job_refuses_folds_of_three_snapshots(counts, job):
    three = dataclasses.replace(counts, is_observed=np.array([True, False, True, False, False, True]))
    check_suited(three, job("a"))
    check_suited(three, job("a-without-1", evaluation={"leave_one_out": True}))
    with pytest.raises(InputError, match="data set a: 3 snapshots are observed, and each fold needs 3 of the others"):
        check_suited(three, job("a", evaluation={"leave_one_out": True}))
