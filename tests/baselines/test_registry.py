"""Which runs are baselines, floors and models, which go on past the last snapshot, and what a new entry brings."""

import itertools
import subprocess
import sys
import types

import numpy as np
import pytest

from weightflow.baselines.clouds import predict_baseline
from weightflow.baselines.registry import (
    BASELINES,
    FLOORS,
    SPLIT_HALF,
    Baseline,
    Look,
    ending,
    floors_of,
    is_floor,
    is_model,
    predicted_by,
    standard_baselines,
)
from weightflow.config.consistency import check_consistency
from weightflow.config.plan import Plan
from weightflow.plots import style
from weightflow.prediction.predictions import Prediction
from weightflow.registry import Lazy

STANDARD = (
    "previous",
    "mixture",
    "mixture_kernel",
    "displacement",
    "transport_spline",
    "transport_kernel",
    "weights_linear",
    "weights_spline",
)
STANDARD_PAST = ("previous", "quantiles", "displacement")


@pytest.fixture
def still(monkeypatch) -> str:
    """A baseline of a made module, entered in the registry."""

    def draw(data, samples, rng):
        return Prediction(data.times, [data.observed[0]] * len(data.times))

    module = types.ModuleType("made_baseline")
    module.draw = draw
    monkeypatch.setitem(sys.modules, "made_baseline", module)
    entry = Baseline("still", "The first snapshot.", Look("grey", "-", "1"), draw=Lazy("made_baseline", "draw"))
    monkeypatch.setitem(BASELINES, "still", entry)
    return "still"


@pytest.mark.parametrize("name", [*BASELINES, *FLOORS])
def test_baselines_and_floors_are_no_models(name):
    assert not is_model(name)
    assert is_floor(name) == (name in FLOORS)


@pytest.mark.parametrize("name", ["weightflow", "weights_path", "floor_of_mine", "alignment-pooled"])
def test_every_other_run_is_a_model(name):
    assert is_model(name)
    assert not is_floor(name)


def test_the_registry_needs_neither_figures_nor_networks(root):
    heavy = "{'torch', 'matplotlib', 'numpy', 'scipy', 'pandas'}"
    asked = f"import sys; import weightflow.baselines.registry; print({heavy} & set(sys.modules))"
    scripts = root / "workflow" / "scripts"
    found = subprocess.run([sys.executable, "-c", asked], cwd=scripts, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize("entry", [*BASELINES.values(), *FLOORS.values()])
def test_an_entry_names_functions_that_there_are(entry):
    lazy = [entry.draw, getattr(entry, "smoothing", None)]
    assert all(callable(one.load()) for one in lazy if one)
    assert entry.description.endswith(".")


def test_every_baseline_has_one_kind_of_job():
    jobs = [predicted_by(job) for job in ("cloud", "interpolation", "own")]
    assert sorted(itertools.chain(*jobs)) == sorted(BASELINES)
    assert all(BASELINES[name].draw is None for name in jobs[-1])


def test_a_floor_of_two_parts_is_left_out_where_there_is_one():
    assert floors_of(True) == ["floor_bootstrap", "floor_independent"]
    assert floors_of(False) == ["floor_bootstrap"]
    assert SPLIT_HALF in FLOORS


def test_standard_baselines_past_the_last_snapshot_go_on():
    assert ending(STANDARD_PAST) == []
    assert ending(["mixture", "previous", "ot_cfm"]) == ["mixture", "ot_cfm"]
    assert set(BASELINES) - set(ending(BASELINES)) == {"previous", "quantiles", "displacement", "displacement_kernel"}


@pytest.mark.parametrize(("held", "expected"), [((0, 0), STANDARD), ((0, 2), STANDARD_PAST)])
def test_a_config_that_names_no_baselines_has_those_that_suit(root, held, expected):
    datasets = {f"d{i}": {"system": "epidemic", "hold_back": n} for i, n in enumerate(held)}
    assert Plan.of({"datasets": datasets, "models": {"m": {}}}, root, "my.yaml").config.baselines == expected
    assert standard_baselines(any(held)) == list(expected)


def test_a_baseline_that_is_entered_is_predicted(counts, still):
    assert still in predicted_by("cloud")
    found = predict_baseline(still, counts, samples=4, seed=0)
    assert np.array_equal(found.samples[-1], counts.training[0])


def test_a_baseline_that_is_entered_has_its_own_line(still):
    assert style.lines([still])[still] == style.Line("still", style.GREY, "-", "1", 1.0, 1)


def test_the_name_of_a_baseline_that_is_entered_is_taken(still, root, complete, refused):
    assert not is_model(still)
    assert ending([still]) == [still]
    config = complete({"datasets": {"d": {"system": "epidemic"}}, "models": {still: {}}})
    with refused(f"models.{still} has the name of a baseline"):
        check_consistency(config, root / "resources" / "systems", "my.yaml")
