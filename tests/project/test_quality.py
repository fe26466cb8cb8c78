"""Lint, format and safety of every tracked source."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FORBIDDEN = {
    "pickled arrays": r"allow_pickle\s*=\s*True",
    "pickle": r"^\s*(import|from) (pickle|joblib|dill|cloudpickle)\b(?! import UnpicklingError$)",
    "pickled tensors": r"\btorch\.(save|load)\((?!\w+, weights_only=True)",
    "evaluated text": r"(?<![\w.])(eval|exec)\(",
    "unsafe YAML": r"\byaml\.(load|unsafe_load|full_load)\(",
    "faults passed over": r"^\s*except\s*:",
}


def run(root: Path, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def sources(root) -> list[Path]:
    """Python and Snakemake files of the workflow, apart from the tests."""
    workflow = root / "workflow"
    files = [*workflow.rglob("*.py"), *workflow.rglob("*.smk"), workflow / "Snakefile", root / "Snakefile"]
    assert len(files) > 40
    return files


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("snakefmt", "--check", "Snakefile", "workflow"),
        pytest.param(("snakemake", "--lint"), marks=pytest.mark.workflow),
    ],
    ids=["ruff check", "ruff format", "snakefmt", "snakemake lint"],
)
def test_sources_are_clean(root, command):
    result = run(root, *command)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("what", FORBIDDEN)
def test_sources_are_free_of(sources, what):
    pattern = re.compile(FORBIDDEN[what], re.MULTILINE)
    assert [str(path) for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_every_rule_has_a_message(rules):
    assert [name for name, text in rules.items() if "message:" not in text] == []


def test_a_script_about_a_users_networks_reads_their_module_and_names_their_population(root, rules):
    scripts = root / "workflow" / "scripts"
    reading = re.compile("classifier_of_population|members_of")
    about = {path.name for path in scripts.glob("*.py") if reading.search(path.read_text("utf-8"))}
    named = {name: text for name, text in rules.items() if re.search(r'scripts/(\w+\.py)"', text)[1] in about}
    of_files = {name: text for name, text in named.items() if name != "align_population"}  # of networks trained here
    assert len(of_files) == 10
    wiring = (
        r"modules?=(module_file|lambda w: modules_of\(\w+\(w\)\)),",
        r"contents=lambda w: contents\((module_file\(w\)|modules_of\(\w+\(w\)\))\),",
    )
    assert [name for name, text in of_files.items() if not all(re.search(part, text) for part in wiring)] == []
    assert [name for name in about if "@of_population\n" not in (scripts / name).read_text("utf-8")] == []


def test_every_rule_has_its_script_and_every_script_its_rule(root):
    rules = "".join(path.read_text(encoding="utf-8") for path in (root / "workflow" / "rules").glob("*.smk"))
    named = set(re.findall(r'"\.\./scripts/(\w+)\.py"', rules))
    present = {path.stem for path in (root / "workflow" / "scripts").glob("*.py")}
    assert named == present
