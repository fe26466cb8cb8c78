"""`--sdm conda`, through a stand-in for conda that makes environments of what is installed here."""

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from weightflow.config.stages import anchor_label

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / "tests" / "conda" / "bin"
ENVIRONMENTS = ("analysis", "weightflow")

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the stand-in has this interpreter alone, and the environments ask for 3.11"
)


@pytest.fixture(autouse=True)
def conda(monkeypatch):
    """The stand-in is what is called conda, and makes its environments of the interpreter of the tests."""
    path = [str(STAND_IN), str(Path(sys.executable).parent), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))


@pytest.fixture
def repository(copy_sources, tmp_path) -> Path:
    """A copy of the repository's sources."""
    copy = tmp_path / "repository"
    copy.mkdir()
    return copy_sources(copy)


@pytest.fixture
def part() -> dict:
    """As much of the smallest run as has rules of both environments."""
    config = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
    return deepcopy(config) | {"models": {"ode": config["models"]["ode"]}, "baselines": [], "ablations": {}}


@pytest.fixture
def target(part, complete) -> str:
    """What the rules of both environments make one after the other."""
    return f"results/tiny/anchors/{anchor_label(complete(part)['models']['ode'])}/seed0/weight_graph.safetensors"


def made(file: Path, prefix: Path) -> subprocess.CompletedProcess:
    """An environment as Snakemake has it made."""
    command = ["conda", "env", "create", "--quiet", "--no-default-packages", "--file", file, "--prefix", prefix]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def imports(prefix: Path, *modules: str) -> str:
    """What an environment's interpreter says when it imports modules; nothing where it can."""
    command = [prefix / "bin" / "python", "-c", f"import {', '.join(modules)}"]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False).stderr


def changed(environment: str, before: str, after: str, folder: Path) -> Path:
    """An environment's file, changed in one place."""
    text = (ROOT / "envs" / f"{environment}.yaml").read_text(encoding="utf-8")
    assert text.count(before) == 1
    file = folder / "environment.yaml"
    file.write_text(text.replace(before, after), encoding="utf-8")
    return file


def test_a_run_in_environments_gives_the_same_bytes(run_snakemake, part, target, tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder, flags in ((outside, ()), (inside, ("--sdm", "conda"))):
        folder.mkdir()
        result = run_snakemake(folder, part, target, flags=flags)
        assert result.returncode == 0, result.stdout
    assert result.stdout.count("Creating conda environment") == len(ENVIRONMENTS)
    used = {line.rpartition(": ")[2] for line in result.stdout.splitlines() if "Activating conda environment" in line}
    assert {Path(inside, name).resolve() for name in used} == {
        file.with_suffix("").resolve() for file in (inside / ".snakemake" / "conda").glob("*.yaml")
    }
    assert len(used) == len(ENVIRONMENTS)
    assert (inside / target).read_bytes() == (outside / target).read_bytes()


def test_a_run_ends_where_an_environment_cannot_be_had(run_snakemake, part, target, repository, tmp_path):
    file = repository / "envs" / "analysis.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("scipy =1", "scipy =0"), encoding="utf-8")
    result = run_snakemake(tmp_path, part, target, flags=("--sdm", "conda"), workflow=repository)
    assert result.returncode != 0
    assert "PackagesNotFoundError: not installed in this version: scipy =0" in result.stdout
    assert not (tmp_path / "results" / "tiny" / "simulated.safetensors").exists()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_holds_what_it_asks_for_and_no_more(environment, tmp_path):
    assert made(ROOT / "envs" / f"{environment}.yaml", tmp_path / "made").returncode == 0
    assert imports(tmp_path / "made", "numpy", "anndata", "ot", "sklearn", "safetensors") == ""
    own, other = {"analysis": ("numba", "torch"), "weightflow": ("torch", "numba")}[environment]
    assert imports(tmp_path / "made", own) == ""
    assert f"No module named '{other}'" in imports(tmp_path / "made", other)
    assert "No module named 'pytest'" in imports(tmp_path / "made", "pytest")


@pytest.mark.parametrize(
    ("environment", "before", "after", "fault"),
    [
        (
            "analysis",
            "numpy =2.4.6",
            "numpy =2.4.5",
            "PackagesNotFoundError: not installed in this version: numpy =2.4.5",
        ),
        ("analysis", "pot =0.9.7", "pot =0.9.6", "PackagesNotFoundError: not installed in this version: pot =0.9.6"),
        ("weightflow", "torch==2.13.0", "torch==2.12.0", "not installed in this version: torch==2.12.0"),
        ("weightflow", "filelock =4.2.11", "filelock", "UnpinnedError: no exact version in: filelock"),
        ("weightflow", "filelock =4.2.11", "filelock >=4", "UnpinnedError: no exact version in: filelock >=4"),
        ("weightflow", "torchcde==0.2.5", "torchcde", "UnpinnedError: no exact version in: torchcde"),
        ("weightflow", "python =3.11", "python =3.10", "not installed in this version: python =3.10"),
    ],
)
def test_a_wrong_or_missing_version_is_refused(environment, before, after, fault, tmp_path):
    result = made(changed(environment, before, after, tmp_path), tmp_path / "made")
    assert result.returncode != 0
    assert fault in result.stdout
    assert not (tmp_path / "made").exists()


def test_a_package_that_is_not_asked_for_is_not_there(tmp_path):
    assert made(changed("analysis", "  - numba =", "# numba =", tmp_path), tmp_path / "made").returncode == 0
    assert "No module named 'numba'" in imports(tmp_path / "made", "numba")
