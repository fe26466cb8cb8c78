"""The conda environment of each rule holds every package that its script imports, in the version that pip installs."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec

from weightflow.plots.registry import FIGURES
from weightflow.records.digests import LIBRARY, code_behind

ROOT = Path(__file__).resolve().parents[2]
RULE = re.compile(r'^(?:rule|checkpoint) (\w+):.*?"\.\./\.\./envs/(\w+)\.yaml".*?"\.\./scripts/(\w+)\.py"', re.M | re.S)
SOURCES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))]
RULES = [found for source in SOURCES for found in RULE.findall(source)]
FIGURE_MODULES = {figure.rule: f"weightflow/plots/{name}" for name, figure in FIGURES.items()}
RULES += [(rule, "analysis", module) for rule, module in FIGURE_MODULES.items()]  # one rule in a loop
PACKAGES = {
    "libsbml": "python-libsbml",
    "matplotlib": "matplotlib-base",
    "ot": "pot",
    "PIL": "pillow",
    "pydantic_core": "pydantic",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def imported(path: Path) -> set[str]:
    """Packages of others that a file imports, anywhere in it but for a type checker."""
    names, tree = [], ast.parse(path.read_text(encoding="utf-8"))
    for_types = [n for n in ast.walk(tree) if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING"]
    passed_over = {inner for block in for_types for inner in ast.walk(block)}
    for node in ast.walk(tree):
        if node in passed_over:
            continue
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module)
    tops = {name.partition(".")[0] for name in names}
    return {PACKAGES.get(top, top) for top in tops - set(sys.stdlib_module_names) - {LIBRARY.name}}


def specs(environment: str) -> tuple[list[str], list[str]]:
    """What an environment asks of conda and of pip; pip itself apart, whose version no result depends on."""
    content = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text(encoding="utf-8"))
    *conda, pip = content["dependencies"]
    return [spec for spec in conda if spec != "pip"], pip["pip"]


def listed(environment: str) -> set[str]:
    """Packages of an environment, from conda and from pip."""
    return {re.split(r"[ =]", package)[0] for specs_ in specs(environment) for package in specs_}


def required(*files: str) -> dict[str, str]:
    """Versions that requirements files name, by package."""
    lines = [line for file in files for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    found = [Requirement(line.partition("#")[0]) for line in lines if line and line[0] not in "#-"]
    assert all(len(package.specifier) == 1 and str(package.specifier).startswith("==") for package in found)
    return {canonicalize_name(package.name): str(package.specifier)[2:] for package in found}


def agree(conda: str, pip: str) -> bool:
    """Whether versions are the same; conda-forge builds a post-release of PyPI's under the number of the release."""
    return re.fullmatch(re.escape(conda) + r"(\.post\d+)?", pip) is not None


def test_every_rule_has_an_environment():
    rules, scripts = "".join(SOURCES), len({rule for rule, *_ in RULES}) - len(FIGURES)
    assert len(RULES) - len(FIGURES) == len(re.findall(r"^    script:", rules, re.M)) == scripts
    assert re.findall(r"^        script:\n +(.*)$", rules, re.M) == ['"../scripts/plot.py"']


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "environment", "script"), RULES, ids=[rule for rule, *_ in RULES])
def test_a_script_imports_what_its_environment_lists(rule, environment, script):
    assert (ROOT / "workflow" / "scripts" / f"{script}.py").is_file()
    sources = [script, "plot"] if rule in FIGURE_MODULES else [script]
    behind = code_behind(*(ROOT / "workflow" / "scripts" / f"{source}.py" for source in sources))
    needed = set().union(*map(imported, behind))
    assert needed - listed(environment) == set()


REQUIRED = {
    "analysis": required("requirements-analysis.txt", "requirements-sbml.txt"),
    "weightflow": required("requirements-analysis.txt", "requirements.txt"),
}
TRAINING = required("requirements.txt")
ON_PYPI = {"matplotlib-base": "matplotlib"}


@pytest.mark.parametrize("environment", REQUIRED)
def test_conda_reads_every_spec_strictly(environment):
    for spec in specs(environment)[0]:
        parsed = MatchSpec(spec, strict=True)
        assert spec == f"{parsed.name.normalized} ={parsed.version.removesuffix('.*')}"


@pytest.mark.parametrize("environment", REQUIRED)
def test_an_environment_and_the_requirements_name_the_same_versions(environment):
    conda, pip = specs(environment)
    asked = dict(spec.split(" =") for spec in conda)
    assert asked.pop("python") == "3.11"
    for name, version in asked.items():
        assert agree(version, REQUIRED[environment][ON_PYPI.get(name, name)]), name
    for name, version in (spec.split("==") for spec in pip):
        assert version == REQUIRED[environment][name]


def test_every_requirement_is_in_an_environment_but_what_runs_the_workflow():
    named = {ON_PYPI.get(name, name) for environment in REQUIRED for name in listed(environment)} - {"python", "pip"}
    assert named == {name for versions in REQUIRED.values() for name in versions} - {"snakemake"}


@pytest.mark.parametrize(
    ("conda", "pip", "same"),
    [
        ("0.9.7", "0.9.7", True),
        ("0.9.7", "0.9.7.post1", True),
        ("0.9.7", "0.9.8", False),
        ("0.9.7", "0.9.7.1", False),
        ("0.9.7", "0.9.70", False),
        ("0.9.7", "0.9.7rc1", False),
        ("0.9.7", "0.9.7.post1.dev2", False),
        ("0.9.7.post1", "0.9.7", False),
        ("0.9", "0.9.7", False),
        ("0.9.7", "0x9.7", False),
    ],
)
def test_a_post_release_is_all_that_may_differ(conda, pip, same):
    assert agree(conda, pip) is same


@pytest.mark.parametrize("environment", REQUIRED)
def test_what_a_pin_file_cannot_hold_is_installed_after_it(environment):
    text = (ROOT / "envs" / f"{environment}.post-deploy.sh").read_text(encoding="utf-8")
    command = "python -m pip install --quiet "
    (line,) = [line for line in text.splitlines() if not line.startswith("#")]
    assert line.removeprefix(command).split() == specs(environment)[1]


def test_the_environment_without_torch_is_the_one_to_begin_with():
    assert set(TRAINING) == {"torch", "torchdiffeq", "torchcde", "filelock"}
    assert not set(TRAINING) & set(REQUIRED["analysis"])
    assert "-r requirements-analysis.txt" in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()


# For interpreters of their own, in which what only training needs cannot be found.
HIDE = f"""
import sys
import tomllib
from importlib.machinery import PathFinder

class Present(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {set(TRAINING)} else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Present
"""
IMPORT_SCRIPTS = """
import json, runpy

library, scripts = sys.argv[1], sys.argv[2:]
sys.path.insert(0, library)

import weightflow.jobs.frame
weightflow.jobs.frame.run = lambda *_, **__: None

faults = {}
for script in scripts:
    try:
        runpy.run_path(script, {"snakemake": None})
    except ImportError as fault:
        faults[script] = str(fault)
print(json.dumps(faults))
"""


def faults_without_training(scripts: set[str]) -> dict[str, str]:
    """What scripts fail to import, by script, where the packages that only training needs are missing."""
    folder = ROOT / "workflow" / "scripts"
    files = [str(folder / f"{script}.py") for script in sorted(scripts)]
    command = [sys.executable, "-c", HIDE + IMPORT_SCRIPTS, str(folder), *files]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return {Path(file).stem: fault for file, fault in json.loads(result.stdout.splitlines()[-1]).items()}


@pytest.mark.slow
def test_scripts_of_the_environment_without_torch_import_without_it():
    scripts = {script for _, environment, script in RULES if environment == "analysis"}
    assert faults_without_training(scripts | {"plot"}) == {}


def test_scripts_that_train_do_not():
    assert faults_without_training({"train_anchors"}) == {"train_anchors": "No module named 'torch'"}


@pytest.mark.slow
@pytest.mark.workflow
def test_the_workflow_is_wired_without_torch(tmp_path):
    """Reading the rules, which Snakemake's own environment must be enough for."""
    start = HIDE + "from snakemake.cli import main; main(sys.argv[1:])"
    config = ROOT / "tests" / "config" / "tiny.yaml"
    command = [sys.executable, "-c", start, "results/summary.csv", "--dry-run", "--quiet", "all", "--cores", "1"]
    command += ["--configfile", str(config), "--directory", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_package_lists_what_the_library_imports_in_versions_that_the_workflow_runs_on():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed_ = {canonicalize_name(found.name): found.specifier for found in map(Requirement, project["dependencies"])}
    pinned = {**required("requirements-analysis.txt"), **TRAINING}
    assert [name for name, versions in listed_.items() if not versions.contains(pinned[name])] == []
    behind = code_behind(*(LIBRARY / "api").glob("*.py"))
    needed = set().union(*map(imported, behind)) - {"python-libsbml", "pydantic-core"}
    assert {canonicalize_name(ON_PYPI.get(name, name)) for name in needed} - listed_.keys() == set()
