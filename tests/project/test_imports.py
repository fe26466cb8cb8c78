"""The library's rooms: their order, who may use Snakemake, a docstring for each, and tests in the same place."""

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
LIBRARY = SCRIPTS / "weightflow"
SOURCES = sorted(LIBRARY.rglob("*.py"))
ROOMS = sorted(path.parent for path in SOURCES if path.name == "__init__.py" and path.parent != LIBRARY)
MODULES = [path.relative_to(LIBRARY) for path in SOURCES if path.name != "__init__.py"]
WITHOUT_TESTS = {
    "errors.py",
    "evaluation/ablation_level.py",
}  # tested by their use
IN_ANY_ROOM = ("registry.py", "settings.py")  # tested together, by test_registries.py and tests/config/test_settings.py
IN_ONE_FILE = {"plots": "test_plots.py"}  # rooms whose modules are all tested the same way


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def names_snakemake(node: ast.AST) -> bool:
    """Whether a node imports Snakemake or one of its plugins, or names the object that it gives to scripts."""
    match node:
        case ast.Import(names=names):
            return any(name.name.startswith("snakemake") for name in names)
        case ast.ImportFrom(module=str(module)):
            return module.startswith("snakemake")
        case ast.arg(arg="snakemake") | ast.Name(id="snakemake"):
            return True
    return False


def imported_from(path: Path, package: str) -> set[str]:
    """Modules of a package that a file imports, or imports something from."""
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{package}."):
            found.add(node.module.removeprefix(f"{package}."))
    return found


def test_rooms_import_in_the_order_of_pyproject():
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS), "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_imports_are_absolute():
    """The digest of the code behind a rule follows absolute imports alone."""
    relative = [path for path in SOURCES for n in ast.walk(parse(path)) if isinstance(n, ast.ImportFrom) and n.level]
    assert [str(path.relative_to(LIBRARY)) for path in relative] == []


def test_only_jobs_uses_snakemake():
    users = {path.relative_to(LIBRARY) for path in SOURCES if any(map(names_snakemake, ast.walk(parse(path))))}
    assert Path("jobs/frame.py") in users
    assert sorted(str(path) for path in users if path.parts[0] != "jobs") == []


def test_every_folder_of_modules_is_a_room():
    assert {path.parent for path in SOURCES} == {LIBRARY, *ROOMS}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(LIBRARY)))
def test_a_room_has_a_docstring_and_no_code(room):
    (docstring,) = parse(room / "__init__.py").body
    assert "\nMay import: " in ast.literal_eval(docstring.value)


def test_the_library_lists_its_rooms_in_the_order_of_pyproject():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    *rooms, _ = settings["contracts"][0]["layers"]
    words = [line.split()[0] for line in ast.get_docstring(parse(LIBRARY / "__init__.py")).splitlines() if line]
    assert [word for word in words if word in rooms] == rooms[::-1]


def test_every_module_has_its_tests_in_the_same_room():
    without = {path for path in MODULES if not (ROOT / "tests" / path.with_name(f"test_{path.name}")).is_file()}
    without = {path for path in without if path.name not in IN_ANY_ROOM}
    for room, tests in IN_ONE_FILE.items():
        tested = imported_from(ROOT / "tests" / room / tests, f"weightflow.{room}")
        without -= {Path(room, f"{module}.py") for module in tested}
    assert {str(path) for path in without} == WITHOUT_TESTS
