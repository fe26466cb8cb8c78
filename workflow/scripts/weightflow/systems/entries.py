"""System files as they are written: YAML that keeps to `workflow/schemas/system.schema.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any

from weightflow.errors import InputError
from weightflow.schema import check_schema, read_schema, unknown
from weightflow.systems.repetition import expand_name
from weightflow.yaml_files import read_yaml

_DRAWN = 2000  # most alleles of a landscape in a figure

SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "system.schema.yaml"


def read_entries(path: str | Path) -> dict[str, Any]:
    """The entries of a system file, among them its `kind`.

    Raises:
        InputError: not YAML, or a missing, unknown or malformed key; the sentence names file and key.
    """
    path = Path(path)
    entries = read_yaml(path)
    if not isinstance(entries, dict):
        raise InputError(f"{path}: expected a mapping with keys such as title, species and reactions.")
    kinds = _schema()["$defs"]
    known = kinds["kind"]["enum"]
    kind = entries.get("kind", kinds["kind"]["default"])
    if kind not in known:
        raise InputError(f"{path}: kind: {unknown('value', kind, known)}")
    check_schema(entries, {"$defs": kinds, **kinds[kind]}, str(path))
    return {"kind": kind, **entries}


def is_path(system: str) -> bool:
    """Whether a system is given by the path of its file, not by its name."""
    return system.endswith((".yaml", ".yml"))


def is_map(path: str | Path) -> bool:
    """Whether a file describes a walk over two loci, whose landscape can be drawn; raises as `read_entries`."""
    entries = read_entries(path)
    if entries["kind"] != "adaptive_walk":
        return False
    loci = sum(len(expand_name(name, str(path))) for name in entries["species"])
    return loci == 2 and entries["alleles"] <= _DRAWN


def files_of(path: str | Path) -> list[Path]:
    """A system file and the SBML model it names, if any: what a result depends on."""
    path = Path(path)
    entries = read_entries(path)
    return [path, path.parent / entries["model"]] if entries["kind"] == "sbml" else [path]


@cache
def _schema() -> dict[str, Any]:
    return read_schema(SCHEMA)
