"""Every bad input, given to the real workflow as a user would: one clear sentence, and nothing trained or harmed."""

import hashlib
import io
import json
import os
import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from anndata import AnnData
from scipy.sparse import csr_matrix

from tests.conftest import ROOT
from weightflow.config.settings import Configuration
from weightflow.data.preparation import check_observed, check_states, observed_mask
from weightflow.formats.reading import read_raw_snapshots

TINY = ROOT / "tests" / "config" / "tiny.yaml"
TARGET = "results/metrics.csv"
GOOD = np.random.default_rng(0).integers(0, 5, (20, 6, 2))  # trajectory, time, variable
PEOPLE = np.zeros((4, 101, 3), dtype=int)  # as the epidemic has variables and times
TABLE = "time,a\n" + "".join(f"{t},{n}\n" for t in range(4) for n in range(5))


def refuse(result, *parts: str) -> str:
    """Check that a run failed with one sentence, the last line, which holds the parts; return it.

    Two jobs at once may both say it.
    """
    assert result.returncode != 0, result.stdout
    lines = result.stdout.splitlines()
    sentences = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    for number, line in enumerate(lines):
        if line.startswith("WorkflowError in file"):
            sentences.append(lines[number + 1])
    assert len(set(sentences)) == 1, result.stdout
    assert lines[-1] == f"Error: {sentences[0]}"
    for part in parts:
        assert part in sentences[0], sentences[0]
    assert "Traceback" not in result.stdout
    assert "Error in script" not in result.stdout
    assert re.search(r"[.…]$", sentences[0]), sentences[0]
    return sentences[0]


def told(result) -> list[str]:
    """The sentences of the jobs of a run, each once: they are repeated at the end."""
    lines = [line.removeprefix("Error: ") for line in result.stdout.splitlines() if line.startswith("Error: ")]
    assert result.stdout.splitlines()[-1] == f"Error: {lines[-1]}"
    return list(dict.fromkeys(lines))


def trained(folder: Path) -> list[Path]:
    """Whatever came out of training."""
    patterns = ("teachers/*/teacher.json", "anchors/*/*/snapshots", "choices/*/choice.json", "splines/*/*/spline*")
    patterns += ("runs/*/*/dynamics*",)
    return [path for pattern in patterns for path in folder.glob(f"results/*/{pattern}")]


def config_of(**dataset) -> dict:
    """A small run of a user's file, which ends soon should it not be refused."""
    small = yaml.safe_load(TINY.read_text(encoding="utf-8"))
    return {**small, "datasets": {"mine": {"file": "data.npy", "heldout": 0.2, **dataset}}}


def changed(value, time: int = 3) -> np.ndarray:
    array = GOOD.astype(float)
    array[2, time, 1] = value
    return array


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=array.dtype == object)
    return buffer.getvalue()


FILES = {
    "wrong number of axes": ({"data.npy": npy(GOOD[:, :, 0])}, {}, ["data.npy", "2 axes (20, 6)", "expected 3"]),
    "NaN": ({"data.npy": npy(changed(np.nan))}, {}, ["data.npy", "time 3", "NaN or infinity", "remove or mend"]),
    "infinity": ({"data.npy": npy(changed(np.inf))}, {}, ["data.npy", "time 3", "NaN or infinity"]),
    "negative counts": ({"data.npy": npy(changed(-1))}, {}, ["data.npy", "time 3", "negative counts"]),
    "fractional counts": ({"data.npy": npy(changed(1.5))}, {}, ["data.npy", "time 3", "whole numbers"]),
    "an empty snapshot": ({"data.npy": npy(GOOD[:0])}, {}, ["data.npy", "time 0", "is empty"]),
    "one snapshot": ({"data.npy": npy(GOOD[:, :1])}, {}, ["data.npy", "1 of 1", "at least 2", "add snapshots"]),
    "too few observed snapshots": (
        {"data.npy": npy(GOOD)},
        {"observe_every": 6},
        ["data.npy", "1 of 6", "lower observe_every"],
    ),
    "times that go back": ({"data.npy": npy(GOOD)}, {"times": [0, 1, 2, 4, 3, 5]}, ["data.npy", "time 4", "increase"]),
    "a repeated time": ({"data.npy": npy(GOOD)}, {"times": [0, 1, 2, 2, 3, 5]}, ["data.npy", "time 2 is repeated"]),
    "too few times": ({"data.npy": npy(GOOD)}, {"times": [0, 1, 2]}, ["data.npy", "6 snapshots but 3 times"]),
    "a count above the maximum": (
        {"data.npy": npy(changed(4_000_000_000))},
        {},
        ["data.npy", "time 3", "count 4000000000", "count in larger units"],
    ),
    "objects": (
        {"data.npy": npy(np.array([[[None]]], dtype=object))},
        {},
        ["data.npy", "Python objects", "numpy.save"],
    ),
    "a pickle": ({"data.npy": pickle.dumps(GOOD)}, {}, ["data.npy", "Python objects or is not a .npy file"]),
    "a truncated file": ({"data.npy": npy(GOOD)[:-9]}, {}, ["data.npy", "truncated"]),
    "a single trajectory": ({"data.npy": npy(GOOD[:1])}, {}, ["data.npy", "single state", "heldout"]),
    "a table without a time column": (
        {"data.csv": TABLE.replace("time", "hour")},
        {"file": "data.csv"},
        ["data.csv", "no column 'time'", "hour, a"],
    ),
    "a table with a gap": (
        {"data.csv": TABLE.replace("1,3\n", "1,\n")},
        {"file": "data.csv"},
        ["data.csv", "time 1", "NaN"],
    ),
    "a table with text": ({"data.csv": TABLE + "4,many\n"}, {"file": "data.csv"}, ["data.csv", "'a' holds text"]),
    "another file than the checksum says": ({"data.npy": npy(GOOD)}, {"sha256": "0" * 64}, ["data.npy", "checksum"]),
    "a system that does not fit the file": (
        {"data.npy": npy(GOOD)},
        {"system": "epidemic", "heldout": 10},
        ["data.npy: holds 2 variables", "epidemic has 3 species", "name the system", "system: null and heldout"],
    ),
    "variables in another order than the system's": (
        {"data.npy": npy(PEOPLE)},
        {"system": "epidemic", "variables": ["S", "R", "I"]},
        ["data.npy: variable 2 is 'R'", "epidemic is 'I'", "order (key variables)"],
    ),
}


def cells(folder: Path, name: str, x=None, time=None, names=("a", "b"), **parts) -> None:
    """An .h5ad of 24 cells at four times."""
    rng = np.random.default_rng(0)
    obs = pd.DataFrame({"time": np.repeat([0, 1, 2, 4], 6) if time is None else time}, [f"cell{i}" for i in range(24)])
    x = rng.normal(size=(24, 2)) if x is None else x
    AnnData(x, obs, pd.DataFrame(index=list(names)), **parts).write_h5ad(folder / f"{name}.h5ad")


NOISE = np.random.default_rng(1).normal(size=(24, 2))
WITH_NAN = csr_matrix(np.where(NOISE > 1, np.nan, NOISE))
MIXED = pd.DataFrame({"a": range(24), "b": list("wxyz") * 6}, [f"cell{i}" for i in range(24)])
CELLS = {
    "no_obs": ({}, {"time_column": "day"}, ["obs has no 'day'", "set time_column to one of time"]),
    "no_layer": ({"layers": {"log": NOISE}}, {"matrix": "layers/raw"}, ["no matrix 'layers/raw'", "X, layers/log"]),
    "no_obsm": ({"obsm": {"X_pca": NOISE}}, {"matrix": "obsm/X_umap"}, ["set matrix to one of X, obsm/X_pca"]),
    "mixed": ({"obsm": {"m": MIXED}}, {"matrix": "obsm/m"}, ["the matrix 'obsm/m' holds object, not numbers only"]),
    "twice": ({"names": ("a", "a")}, {}, ["the variable a is there twice; rename one of them"]),
    "sparse_nan": ({"layers": {"s": WITH_NAN}}, {"matrix": "layers/s"}, ["'layers/s' holds NaN", "sparse"]),
    "words": ({"time": ["D3"] * 12 + ["D5"] * 12}, {}, ["obs 'time' holds 'D3', which is no number"]),
    "single": ({"time": [0] * 12 + [1] * 11 + [2]}, {}, ["time 2 has a single state", "remove its time or add states"]),
    "constant": ({"x": NOISE * [1, 0] + 7}, {}, ["the variable 'b' is constant; leave it out (key variables)"]),
    "components": ({}, {"components": 3}, ["components is 3", "at most 2; lower it"]),
}


@pytest.mark.filterwarnings("ignore:.*names are not unique")
def test_bad_files_of_cells_are_all_refused_before_training(run_snakemake, tmp_path):
    for name, (content, _, _) in CELLS.items():
        cells(tmp_path, name, **content)
    (tmp_path / "no_hdf5.h5ad").write_text(TABLE)
    (tmp_path / "column_twice.csv").write_text("time,a,a\n0,1,2\n")
    np.savez(tmp_path / "pickled.npz", X=NOISE.astype(object), time=np.zeros(24))
    (tmp_path / "away.csv").write_text(TABLE)
    sentences = {f"{name}.h5ad": parts for name, (_, _, parts) in CELLS.items()}
    sentences |= {
        "no_hdf5.h5ad": ["not a readable .h5ad (HDF5) file"],
        "column_twice.csv": ["the variable a is there twice; rename one of them"],
        "pickled.npz": ["the array 'X' holds Python objects", "save plain numbers"],
        "fetched.csv": ["the checksum of the download is", f"not the key sha256's {'0' * 64}", "nothing was kept"],
    }
    own = {f"{name}.h5ad": keys for name, (_, keys, _) in CELLS.items()}
    own["fetched.csv"] = {"url": (tmp_path / "away.csv").as_uri(), "sha256": "0" * 64}
    sets = {Path(f).stem: {"file": f, "kind": "continuous", **own.get(f, {})} for f in sentences}
    result = run_snakemake(tmp_path, config_of() | {"datasets": sets}, TARGET, flags=("--keep-going",))

    assert result.returncode != 0
    assert "Traceback" not in result.stdout
    found = told(result)
    for file, parts in sentences.items():
        (said,) = [sentence for sentence in found if file in sentence]
        assert said.endswith(".")
        assert [part for part in parts if part not in said] == [], said
    assert len(found) == len(sentences)
    assert not trained(tmp_path)
    assert not (tmp_path / "fetched.csv").exists()


def test_a_file_is_fetched_once_and_its_checksum_is_told(run_snakemake, tmp_path):
    (tmp_path / "away.npy").write_bytes(npy(GOOD))
    config = config_of(file="here/data.npy", url=(tmp_path / "away.npy").as_uri())
    result = run_snakemake(tmp_path, config, "results/mine/source.json")
    assert result.returncode == 0, result.stdout
    assert f"pin it by sha256: {hashlib.sha256(npy(GOOD)).hexdigest()} in the config" in result.stdout
    assert "here/data.npy is read as:\n  times (6): 0, 1, 2, 3, 4, 5\n  states at each time: 20\n" in result.stdout
    (tmp_path / "away.npy").unlink()
    result = run_snakemake(tmp_path, config, "results/mine/source.json", flags=("--dry-run",))
    assert "Nothing to be done" in result.stdout
    assert (tmp_path / "here" / "data.npy").read_bytes() == npy(GOOD)


def test_a_fetched_file_that_is_replaced_is_noticed_whatever_its_time_says(run_snakemake, tmp_path):
    source, file = "results/mine/source.json", tmp_path / "data.npy"
    (tmp_path / "away.npy").write_bytes(npy(GOOD))
    config = config_of(file="data.npy", url=(tmp_path / "away.npy").as_uri())
    assert run_snakemake(tmp_path, config, source).returncode == 0
    file.write_bytes(npy(GOOD + 1))
    os.utime(file, (1, 1))
    result = run_snakemake(tmp_path, config, source)
    assert result.returncode == 0, result.stdout
    assert json.loads((tmp_path / source).read_text())["sha256"] == hashlib.sha256(npy(GOOD + 1)).hexdigest()
    assert "Nothing to be done" in run_snakemake(tmp_path, config, source).stdout
    file.write_bytes(npy(GOOD))  # between the check and the import
    prepare = ("--allowed-rules", "prepare_snapshots")
    result = run_snakemake(tmp_path, config, "results/mine/snapshots.safetensors", flags=prepare)
    assert result.returncode != 0
    assert "data.npy: changed since it was checked" in result.stdout


# Those that reading alone does not refuse, and a few of the others.
THROUGH_THE_WORKFLOW = (
    "a pickle",
    "a single trajectory",
    "a table with text",
    "another file than the checksum says",
    "a system that does not fit the file",
    "variables in another order than the system's",
    "too few observed snapshots",
)


@pytest.mark.parametrize("case", [case for case in FILES if case not in THROUGH_THE_WORKFLOW])
def test_a_bad_file_is_refused(complete, refused, tmp_path, case):
    contents, settings, parts = FILES[case]
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    own = complete(config_of(**settings)).datasets["mine"]
    file = str(tmp_path / own.file)
    with refused("".join(f"(?=.*{re.escape(part)})" for part in parts)):
        raw = read_raw_snapshots([file], own)
        check_states(raw, own, file)
        check_observed(observed_mask(len(raw.times), own.observe_every, own.hold_back), file)


def test_bad_files_are_all_refused_before_training(run_snakemake, tmp_path):
    sets, cases = {}, [FILES[case] for case in THROUGH_THE_WORKFLOW]
    for k, (contents, settings, _) in enumerate(cases):
        (tmp_path / f"case{k}").mkdir()
        for name, content in contents.items():
            (tmp_path / f"case{k}" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        own = {"file": "data.npy", "heldout": 0.2, **settings}
        sets[f"case{k}"] = own | {"file": f"case{k}/{own['file']}"}
    result = run_snakemake(tmp_path, config_of() | {"datasets": sets}, TARGET, flags=("--keep-going",))

    assert result.returncode != 0
    assert "Traceback" not in result.stdout
    assert "Error in script" not in result.stdout
    found = told(result)
    for k, (_, _, parts) in enumerate(cases):
        (said,) = {sentence for sentence in found if f"case{k}/" in sentence}
        assert re.search(r"[.…]$", said), said
        assert [part for part in parts if part not in said] == [], said
    assert not trained(tmp_path)


SIMULATED = {"system": "epidemic", "file": None, "heldout": 10, "trajectories": 10}
CONFIGS = {
    "neither file nor system": (config_of(file=None), ["datasets.mine", "neither a file nor a system"]),
    "a missing file": (config_of(file="absent.npy"), ["datasets.mine.file", "no file absent.npy", "check the path"]),
    "an unknown suffix": (config_of(file="data.xlsx"), ["datasets.mine.file"]),
    "an unknown key": (
        {"datasets": {"mine": {**SIMULATED, "observe_evry": 2}}},
        ["datasets.mine", "unknown key 'observe_evry'", "did you mean 'observe_every'?"],
    ),
    "an unknown system": (
        config_of(**SIMULATED | {"system": "epidemc"}),
        ["datasets.mine.system", "unknown system 'epidemc'", "did you mean 'epidemic'?", "birth_death"],
    ),
    "an SBML model without a grid": (
        config_of(**SIMULATED | {"system": "model.xml"}),
        ["datasets.mine.system", "model.xml has no grid of times", "kind sbml"],
    ),
    "an unknown model in a figure": (
        config_of(**SIMULATED) | {"figures": {"model": "weightflow_sde"}},
        ["figures.model", "unknown model 'weightflow_sde'", "cde"],
    ),
    "several sizes for a model that learns from anchors alone": (
        config_of(**SIMULATED) | {"models": {"a": {"backbone": {"hidden": [4, 8]}, "dynamics": {"kind": "ode"}}}},
        ["models.a.backbone.hidden", "give one value, or set dynamics.start: spline"],
    ),
    "an initial state above the maximum": (
        config_of(**SIMULATED, states=20),
        ["datasets.mine.states is 20", "initial.S in", "is 50", "raise it to 51 or more"],
    ),
    "an order of other variables in a level of an ablation": (
        config_of(**SIMULATED)
        | {"ablations": {"base": "cde", "factors": {"order": {"given": {"backbone": {"order": ["S", "D", "R"]}}}}}},
        ["ablations.factors.order.given.backbone.order, data set mine", "S, D, R is not an order", "S, I, R"],
    ),
    "heads that do not divide the width": (
        config_of(**SIMULATED) | {"models": {"a": {"dynamics": {"kind": "cde", "width": 10, "heads": 4}}}},
        ["models.a.dynamics", "4 heads do not divide the width 10", "change one of them"],
    ),
    "ablations of an unknown model": (
        config_of(**SIMULATED) | {"ablations": {"base": "ced", "factors": {"solver": {"fine": {}}}}},
        ["ablations.base", "unknown model 'ced'", "did you mean 'cde'?"],
    ),
    "an ablation's unknown key": (
        config_of(**SIMULATED) | {"ablations": {"factors": {"solver": {"fine": {"solver": {"substep": 4}}}}}},
        ["ablations.factors.solver.fine.solver", "unknown key 'substep'", "did you mean 'substeps'?"],
    ),
}
# Of those that the classes of the settings refuse, which "an unknown key" stands for above.
FAULTY = {
    "an unknown kind of model": (
        config_of(**SIMULATED) | {"models": {"sde": {"dynamics": {"kind": "sde"}}}},
        ["models.sde.dynamics.kind", "unknown value 'sde'", "cde, ode"],
    ),
    "an unknown backbone": (
        config_of(**SIMULATED) | {"models": {"a": {"backbone": {"kind": "mlp"}}}},
        ["models.a.backbone.kind", "unknown value 'mlp'", "gru"],
    ),
    "an unknown baseline": (
        config_of(**SIMULATED) | {"baselines": ["mixtures"]},
        ["baselines", "unknown value 'mixtures'", "did you mean 'mixture'?"],
    ),
    "an unknown solver": (
        config_of(**SIMULATED) | {"models": {"a": {"solver": {"method": "euler"}}}},
        ["models.a.solver.method", "unknown value 'euler'", "rk4, dopri5"],
    ),
    "an unknown path method": (
        config_of(**SIMULATED) | {"models": {"a": {"path": {"method": "umap"}}}},
        ["models.a.path.method", "unknown value 'umap'", "pca, autoencoder, mds, isomap"],
    ),
    "an unknown teacher": (
        config_of(**SIMULATED) | {"models": {"a": {"teacher": {"members": ["bridges"]}}}},
        ["models.a.teacher.members.0", "unknown value 'bridges'", "did you mean 'bridge'?"],
    ),
    "an unknown order": (
        config_of(**SIMULATED) | {"models": {"a": {"backbone": {"order": "randm"}}}},
        ["models.a.backbone.order", "unknown value 'randm'", "did you mean 'random'?"],
    ),
    "a model name with a slash": (
        config_of(**SIMULATED) | {"models": {"a/b": {}}},
        ["models", "'a/b' cannot be used", "letters, digits"],
    ),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_bad_config_is_refused_before_anything_runs(run_snakemake, tmp_path, case):
    config, parts = CONFIGS[case]
    refuse(run_snakemake(tmp_path, config, TARGET), str(tmp_path / "config.yaml"), *parts)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_setting_is_refused(refused, case):
    config, parts = FAULTY[case]
    with refused("^config.yaml: " + "".join(f"(?=.*{re.escape(part)})" for part in parts)):
        Configuration.of(config, "config.yaml")


def test_more_latent_dimensions_than_snapshots_allow_are_refused_before_training(run_snakemake, tmp_path):
    (tmp_path / "data.npy").write_bytes(npy(GOOD))
    config = config_of() | {"models": {"wide": {"path": {"z_dim": 6}, "dynamics": {"kind": "cde"}}}, "ablations": {}}
    refuse(run_snakemake(tmp_path, config, TARGET), "models.wide.path.z_dim is 6", "6 snapshots", "set it to 5 or less")
    assert not trained(tmp_path)


def test_a_simulated_count_above_the_states_is_refused_before_training(run_snakemake, tmp_path):
    config = config_of(**SIMULATED | {"system": "birth_death"}, states=4)
    refuse(
        run_snakemake(tmp_path, config, TARGET),
        "the system birth_death",
        "the largest observed count is",
        "states is 4; raise states",
    )
    assert not trained(tmp_path)


def test_times_after_the_last_snapshot_are_refused_before_training(run_snakemake, tmp_path):
    (tmp_path / "data.npy").write_bytes(npy(GOOD))
    refuse(run_snakemake(tmp_path, config_of(observe_every=2), TARGET), "observe_every", "last")
    assert not trained(tmp_path)


def test_a_malformed_system_file_is_refused_before_training(run_snakemake, root, tmp_path):
    content = yaml.safe_load((root / "resources" / "systems" / "birth_death.yaml").read_text())
    content["reactions"][0]["propensity"] = "birth * Y"
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content))
    result = run_snakemake(tmp_path, config_of(**SIMULATED | {"system": "own.yaml"}), TARGET)
    refuse(result, "own.yaml: reactions.0.propensity", "unknown name 'Y'")
    assert not (tmp_path / "results").exists()


SYSTEM_FAULTS = {
    "a negative rate": ({"reactions": [{"equation": "0 -> X", "rate": -1}]}, ["reactions.0.rate", "0 or more"]),
    "a call of an attribute in a propensity": (
        {"reactions": [{"equation": "X -> 0", "propensity": "X.__class__()"}]},
        ["reactions.0.propensity", "'X.__class__()' is not allowed"],
    ),
    "a negative propensity at the start": (
        {"reactions": [{"equation": "X -> 0", "propensity": "X - 7"}]},
        ["reactions.0: the propensity of 'X -> 0' is -6 in the initial state", "0 or more"],
    ),
    "a reaction of an unknown species": (
        {"reactions": [{"equation": "X -> Y", "rate": 1}]},
        ["reactions.0.equation", "unknown species 'Y'"],
    ),
    "an unknown key": ({"reaction": []}, ["unknown key 'reaction'", "did you mean 'reactions'?"]),
}


@pytest.mark.parametrize("case", SYSTEM_FAULTS)
def test_a_faulty_system_stops_the_run_before_other_data_sets_begin(run_snakemake, root, tmp_path, case):
    change, parts = SYSTEM_FAULTS[case]
    content = yaml.safe_load((root / "resources" / "systems" / "birth_death.yaml").read_text()) | change
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content))
    config = config_of(**SIMULATED)
    config["datasets"]["other"] = SIMULATED | {"system": "own.yaml"}
    refuse(run_snakemake(tmp_path, config, TARGET, flags=("-n",)), "own.yaml: ", *parts)
    assert not (tmp_path / "results").exists()


def test_a_runaway_system_is_refused_before_training(run_snakemake, root, tmp_path):
    content = yaml.safe_load((root / "resources" / "systems" / "birth_death.yaml").read_text())
    content |= {"reactions": [{"equation": "X -> 2 X", "rate": 1}], "initial": {"X": 10}, "limits": {"count": 5000}}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content))
    result = run_snakemake(tmp_path, config_of(**SIMULATED | {"system": "own.yaml"}), TARGET)
    refuse(result, "own.yaml: limits.count: 'X' passed 5000", "raise the limit")
    assert not trained(tmp_path)


@pytest.fixture(scope="module")
def earlier(run_snakemake, tmp_path_factory):
    """A folder with results of an earlier run."""
    folder = tmp_path_factory.mktemp("earlier")
    (folder / "data.npy").write_bytes(npy(GOOD))
    assert run_snakemake(folder, config_of(), "results/mine/snapshots.safetensors").returncode == 0
    trained = folder / "results" / "mine" / "runs" / "weightflow_cde" / "seed0" / "dynamics.safetensors"
    trained.parent.mkdir(parents=True)
    trained.write_bytes(b"hours of work")
    return folder


@pytest.mark.parametrize("fault", ["config", "data"])
def test_earlier_results_are_unharmed(run_snakemake, earlier, fault):
    files = [*earlier.glob("results/mine/runs/*/*/dynamics*"), earlier / "results" / "mine" / "snapshots.safetensors"]
    before = {path: path.read_bytes() for path in files}
    assert len(before) == 2

    config = config_of()
    if fault == "data":
        (earlier / "data.npy").write_bytes(npy(changed(np.nan)))
    else:
        config["datasets"]["mine"]["kinds"] = "discrete"
    refuse(run_snakemake(earlier, config, TARGET))
    assert {path: path.read_bytes() for path in files} == before
