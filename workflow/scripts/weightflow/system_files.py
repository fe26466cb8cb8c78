"""System files as they are written: YAML that keeps to `workflow/schemas/system.schema.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from weightflow.errors import InputError
from weightflow.schema import check_schema, read_schema, unknown

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "system.schema.yaml"


def read_entries(path: str | Path) -> dict[str, Any]:
    """The entries of a system file, among them its `kind`.

    Raises:
        InputError: not YAML, or a missing, unknown or malformed key; the sentence names file and key.
    """
    path = Path(path)
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such system file.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML; {str(error).splitlines()[0]}.") from error
    if not isinstance(entries, dict):
        raise InputError(f"{path}: expected a mapping with keys such as title, species and reactions.")
    kinds = _schema()["$defs"]
    known = kinds["kind"]["enum"]
    kind = entries.get("kind", kinds["kind"]["default"])
    if kind not in known:
        raise InputError(f"{path}: kind: {unknown('value', kind, known)}")
    check_schema(entries, {"$defs": kinds, **kinds[kind]}, str(path))
    return {"kind": kind, **entries}


def kind_of(path: str | Path) -> str:
    """The kind of system that a file, already checked, describes."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8")).get("kind", "reactions")


def files_of(path: str | Path) -> list[Path]:
    """A system file and the SBML model it names, if any: what a result depends on."""
    path = Path(path)
    entries = read_entries(path)
    return [path, path.parent / entries["model"]] if entries["kind"] == "sbml" else [path]


@cache
def _schema() -> dict[str, Any]:
    return read_schema(SCHEMA)
