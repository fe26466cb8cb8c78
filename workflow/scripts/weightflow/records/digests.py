"""Provenance of a result: digests of files, settings and library code, and versions of packages."""

import ast
import hashlib
import itertools
import json
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from weightflow.storage import file_digest

LIBRARY = Path(__file__).resolve().parents[1]
_MODULE_NAME = re.compile(r'"(weightflow(?:\.\w+)+)"')  # as registries name modules

_NUMERICAL = ("torch", "torchdiffeq", "torchcde", "POT", "numpy", "scipy", "scikit-learn", "numba")
_OTHERS = ("snakemake", "pandas", "matplotlib")


def joint_digest(paths: Iterable[str | Path]) -> str:
    """SHA-256 of several files in order, as one text."""
    return ", ".join(map(file_digest, paths))


def settings_digest(settings: Any) -> str:
    """Eight hexadecimal digits that change whenever a setting does."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def code_digest(*sources: str | Path) -> str:
    """Digest of a script and of every library module it imports or names as text, directly or not.

    Comments, docstrings, descriptions of keys and layout do not count. Passed to each rule as a parameter, it makes
    an edited module rerun exactly the rules that use it; Snakemake itself watches the script only.
    """
    return settings_digest(sorted((part.path.name, _parse(part)[0]) for part in _parts_behind(sources)))


def code_behind(*sources: str | Path) -> list[Path]:
    """Scripts or modules, and every library module that they import or name as text, directly or not."""
    return list(dict.fromkeys(part.path for part in _parts_behind(sources)))


@dataclass(frozen=True)
class _Part:
    """A module, or the part of a registry that another module uses.

    A registry holds tables `NAME: TYPE = {…}`. A module that imports one table does not
    depend on the entries of the others.

    Attributes:
        path: of the module.
        name: the imported name; if it is not a table, all of the module counts.
    """

    path: Path
    name: str | None = None


def _parts_behind(sources: Iterable[str | Path]) -> list[_Part]:
    seen: dict[_Part, None] = {}
    queue = [_Part(Path(source).resolve()) for source in sources]
    while queue:
        part = queue.pop()
        if part not in seen:
            seen[part] = None
            queue.extend(_parse(part)[1])
    return list(seen)


@dataclass(frozen=True)
class Made:
    """A job: its rule with wildcards and parameters.

    Attributes:
        rule: its name.
        wildcards: of the rule, by name.
        params: of the rule, by name.
    """

    rule: str
    wildcards: dict[str, str]
    params: dict[str, Any]


def stamp(made: Made, inputs: Iterable[str | Path]) -> dict[str, Any]:
    """Provenance of a job's outputs: rule, wildcards, parameters and the digests of its input files, in order.

    It goes into the outputs' metadata. It does not depend on the clock, the machine or the names of data set and
    folders: the same work under another name gives the same bytes.
    """
    return {
        "rule": made.rule,
        "wildcards": {name: value for name, value in made.wildcards.items() if name != "dataset"},
        "params": made.params,
        "inputs": [input_digest(path) for path in inputs],
    }


def visible_files(path: str | Path) -> list[Path]:
    """A file, or all files below a folder in order of their names, without hidden ones."""
    path = Path(path)
    if not path.is_dir():
        return [path]
    inside = [file for file in path.rglob("*") if not file.is_dir()]
    return sorted(f for f in inside if not any(part.startswith(".") for part in f.relative_to(path).parts))


def input_digest(path: str | Path) -> str:
    """SHA-256 of a file, or of the names and digests of a folder's files."""
    path = Path(path)
    files = visible_files(path)
    states = [file.stat() for file in files]
    found = [
        _digest_of(file, s.st_mtime_ns, s.st_ctime_ns, s.st_size, s.st_ino)
        for file, s in zip(files, states, strict=True)
    ]
    if path.is_file():
        return found[0]
    names = [(str(file.relative_to(path)), digest) for file, digest in zip(files, found, strict=True)]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    return _versions((*_NUMERICAL, *_OTHERS))


def _versions(packages: Iterable[str]) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


@cache
def _digest_of(path: Path, *state: int) -> str:
    """A file's digest, computed once for each state of the file; `state` is only the cache's key."""
    return file_digest(path)


@cache
def _parse(part: _Part) -> tuple[str, tuple[_Part, ...]]:
    source = part.path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    annotated = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    tables: dict[ast.stmt, str] = {node: node.target.id for node in annotated if isinstance(node.target, ast.Name)}
    if part.name in tables.values():
        tree.body = [node for node in tree.body if tables.get(node, part.name) == part.name]
        source = "\n".join(ast.get_source_segment(source, node) or "" for node in tree.body)
    named = (map(_Part, _module_files(name)) for name in _MODULE_NAME.findall(source))
    imported = tuple(dict.fromkeys(itertools.chain(_imported_modules(tree), *named)))
    for node in _statements(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [inner for inner in node.body if not _is_text(inner)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imported


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a docstring, or the description of a key."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """A module and every statement in it; expressions, the bulk of a tree, contain none and are skipped."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inside = getattr(node, part, None)
            waiting += inside if isinstance(inside, list) else []


def _imported_modules(tree: ast.Module) -> Iterator[_Part]:
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module.endswith(".registry"):
                yield from (_Part(path, alias.name) for path in _module_files(node.module) for alias in node.names)
                continue
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            yield from map(_Part, _module_files(name))


def _module_files(name: str) -> Iterator[Path]:
    """The file of a library module; none for settings modules, whose values are parameters, and for other names."""
    package, *parts = name.split(".")
    if package == LIBRARY.name and parts[-1:] != ["settings"]:
        place = LIBRARY.joinpath(*parts)
        yield from (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file())
