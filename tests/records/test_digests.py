"""Digests change if and only if their content changes."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from weightflow.records.digests import (
    LIBRARY,
    Made,
    code_behind,
    input_digest,
    settings_digest,
    stamp,
    versions,
)
from weightflow.storage import file_digest


@pytest.fixture
def scripts(root, tmp_path):
    """A copy of the scripts and the library."""
    return shutil.copytree(
        root / "workflow" / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")
    )


@pytest.fixture
def digest(scripts):
    """The digest of a script in the copy, by a fresh interpreter."""

    def run(script: str) -> str:
        code = f"from weightflow.records.digests import code_digest; print(code_digest({str(scripts / script)!r}))"
        return subprocess.run(
            [sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True
        ).stdout

    return run


def edit(scripts, module: str, text: str) -> None:
    path = scripts / module
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("module", ["train_anchors.py", "weightflow/anchors/training.py", "weightflow/storage.py"])
def test_an_edit_of_a_script_or_of_what_it_imports_changes_its_digest(scripts, digest, module):
    before = digest("train_anchors.py")
    edit(scripts, module, "\nEDITED = 1\n")
    assert digest("train_anchors.py") != before


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["fit_dynamics.py", "weightflow/dynamics/equations.py", "weightflow/transport/couplings.py"]
)
def test_an_edit_elsewhere_does_not(scripts, digest, module):
    before = digest("train_anchors.py")
    edit(scripts, module, "\nEDITED = 1\n")
    assert digest("train_anchors.py") == before


# What a person edits often, and what only judges, shows or checks: none of it may redo what takes hours.
AFTERWARDS = ("evaluation/", "report/", "plots/", "baselines/registry")
CHECKS = ("config/consistency", "settings", "systems/reading", "systems/sbml")
LONG = ["train_anchors", "train_anchor", "choose_teacher", "choose_smoothing", "fit_latent_path", "fit_spline"]
LONG += ["choose_steps", "fit_dynamics", "predict_field", "predict_spline", "predict_interpolation"]


@pytest.mark.parametrize("script", ["prepare_snapshots", *LONG])
def test_what_takes_long_does_not_depend_on_checks_or_on_what_comes_later(root, script):
    _, *modules = code_behind(root / "workflow" / "scripts" / f"{script}.py")
    found = {path.relative_to(LIBRARY).with_suffix("").as_posix() for path in modules}
    assert "data/snapshots" in found
    needed = {"systems/reading", "systems/sbml"} if script == "choose_teacher" else set()  # kinetic teachers
    assert {name for name in found if name.startswith(AFTERWARDS + CHECKS)} == needed


def test_of_a_registry_what_is_imported_counts_alone():
    _, *modules = code_behind(LIBRARY / "populations" / "generators.py")
    found = {path.relative_to(LIBRARY).as_posix() for path in modules}
    assert {"populations/registry.py", "populations/samplers.py"} <= found
    assert not {"populations/initialisation.py", "populations/queries.py"} & found


@pytest.mark.slow
@pytest.mark.parametrize(("table", "changes"), [("REFERENCES", True), ("GENERATORS", False)])
def test_an_entry_of_another_table_does_not_change_a_digest(scripts, digest, table, changes):
    before = digest("align_population.py")
    path = scripts / "weightflow" / "populations" / "registry.py"
    text = path.read_text(encoding="utf-8")
    start = re.search(rf"^{table}: .*= {{$", text, re.M).end()
    path.write_text(f'{text[:start]}\n    "another": None,{text[start:]}', encoding="utf-8")
    assert (digest("align_population.py") != before) == changes


@pytest.mark.parametrize("text", ["\n# a remark\n", "\n\n\n"])
def test_comments_and_layout_do_not_count(scripts, digest, text):
    before = digest("train_anchors.py")
    edit(scripts, "weightflow/anchors/training.py", text)
    assert digest("train_anchors.py") == before


def test_descriptions_of_keys_do_not_count(scripts, digest):
    before = digest("simulate_system.py")
    path = scripts / "weightflow" / "systems" / "entries.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"""Time between them."""', '"""Between them."""'), encoding="utf-8")
    assert digest("simulate_system.py") == before
    path.write_text(
        text.replace("count: Annotated[int, Field(ge=1,", "count: Annotated[int, Field(ge=2,"), encoding="utf-8"
    )
    assert digest("simulate_system.py") != before


def test_docstrings_do_not_count(scripts, digest):
    before = digest("train_anchors.py")
    path = scripts / "weightflow" / "anchors" / "training.py"
    path.write_text(path.read_text(encoding="utf-8").replace("Train one anchor per snapshot.", "Train the anchors."))
    assert digest("train_anchors.py") == before


def test_the_digest_does_not_depend_on_where_the_repository_lies(root, digest):
    from weightflow.records.digests import code_digest

    assert digest("train_anchors.py").strip() == code_digest(root / "workflow" / "scripts" / "train_anchors.py")


def test_settings_digests_do_not_depend_on_the_order_of_keys():
    assert settings_digest({"a": 1, "b": [2]}) == settings_digest({"b": [2], "a": 1})
    assert settings_digest({"a": 1}) != settings_digest({"a": 2})


@pytest.mark.parametrize("change", ["content", "name", "another file"])
def test_a_folders_digest_changes_with_its_files(tmp_path, change):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one").write_text("1")
    before = input_digest(folder)
    if change == "content":
        (folder / "one").write_text("2")
    elif change == "name":
        (folder / "one").rename(folder / "two")
    else:
        (folder / "two").write_text("1")
    assert input_digest(folder) != before


def test_a_stamp_says_what_a_job_was_given(tmp_path):
    (tmp_path / "input").write_text("x")
    wildcards = {"dataset": "d", "seed": "0"}
    found = stamp(Made("r", wildcards, {"steps": 3}), [str(tmp_path / "input")])
    assert (found["rule"], found["params"]) == ("r", {"steps": 3})
    assert found["inputs"] == [file_digest(tmp_path / "input")]
    assert found["wildcards"] == {"seed": "0"}  # the same work under another name gives the same bytes


def test_a_file_that_changes_under_its_old_time_has_another_digest(tmp_path):
    file = tmp_path / "file"
    file.write_text("1")
    before, times = input_digest(file), file.stat()
    file.write_text("2")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert input_digest(file) != before


def test_versions_name_the_numerical_packages():
    assert {"python", "torch", "numpy", "POT", "torchdiffeq", "torchcde"} <= set(versions())
    assert "not installed" not in versions().values()
