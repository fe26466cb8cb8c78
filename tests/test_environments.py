"""The conda environment of each rule holds every package that its script imports."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from weightflow.provenance import LIBRARY, code_behind

ROOT = Path(__file__).resolve().parents[1]
RULE = re.compile(r'^(?:rule|checkpoint) (\w+):.*?"\.\./\.\./envs/(\w+)\.yaml".*?"\.\./scripts/(\w+)\.py"', re.M | re.S)
SOURCES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))]
RULES = [found for source in SOURCES for found in RULE.findall(source)]
PACKAGES = {
    "libsbml": "python-libsbml",
    "matplotlib": "matplotlib-base",
    "ot": "pot",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def imported(path: Path) -> set[str]:
    """Packages of others that a file imports, anywhere in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module)
    tops = {name.partition(".")[0] for name in names}
    return {PACKAGES.get(top, top) for top in tops - set(sys.stdlib_module_names) - {LIBRARY.name}}


def listed(environment: str) -> set[str]:
    """Packages of an environment, from conda and from pip."""
    content = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text(encoding="utf-8"))
    *conda, pip = content["dependencies"]
    return {re.split(r"[ =]", package)[0] for package in [*conda, *pip["pip"]]}


def test_every_rule_has_an_environment():
    scripts = re.findall(r"^    script:", "".join(SOURCES), re.M)
    assert len(RULES) == len(scripts) == len({rule for rule, *_ in RULES})


@pytest.mark.parametrize(("rule", "environment", "script"), RULES, ids=[rule for rule, *_ in RULES])
def test_a_script_imports_what_its_environment_lists(rule, environment, script):
    assert (ROOT / "workflow" / "scripts" / f"{script}.py").is_file()
    needed = set().union(*map(imported, code_behind(ROOT / "workflow" / "scripts" / f"{script}.py")))
    assert needed - listed(environment) == set()
