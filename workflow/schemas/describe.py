"""Write the JSON schemas and the pages about configuration and system files from the classes of the settings."""

import ast
import inspect
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from weightflow.config.settings import Configuration  # noqa: E402
from weightflow.populations.tasks.catalogue import TaskEntry  # noqa: E402
from weightflow.settings import Settings  # noqa: E402
from weightflow.storage import write_text  # noqa: E402
from weightflow.systems.entries import KINDS, Grid, Limits, ReactionEntry  # noqa: E402

MADE = "Made by `make docs` from the classes of the settings (`settings.py` in each room of the library); edit these.\n"

CONFIGURATION = f"""\
# Configuration

{MADE}
A config file names data sets and whatever differs from the defaults below. Unknown keys are refused.
A config is as trusted as the workflow beside it: Snakemake runs one that says `__use_yte__` as a program.
A file that names no `datasets` changes the default run (`config.yaml`). Populations and bands are those of the config;
those of the default run are in `populations.yaml`, which a run of the default target never reads.

"""

SYSTEMS = """\
# Systems

Made by `make docs` from `systems/entries.py` of the library; edit that file.

A config names a system of this folder (`system: epidemic`) or the path of your own file (`system: my/own.yaml`). Files
are checked before anything runs; what is wrong is said in one sentence with file and key. Expressions are parsed,
never run as code.

"""

REPEATED = """\
A chain of fifteen species, each turned into the next:

```yaml
species: [X1..X15]
reactions:
  - {equation: 0 -> X1, rate: 10}
  - {equation: "X{i} -> X{i+1}", rate: 5, repeat: {i: 1..14}}
initial: {X1..X15: 0}
```
"""
_NAMES = {
    "object": "section",
    "null": "null",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def files() -> dict[Path, str]:
    """Each schema and page, by its path."""
    schemas = ROOT / "workflow" / "schemas"
    configs = sorted((ROOT / "config").glob("*.yaml"), key=lambda path: (path.name != "config.yaml", path.name))
    return {
        schemas / "config.schema.yaml": _as_yaml(json_schema(Configuration)),
        schemas / "system.schema.yaml": _as_yaml({"oneOf": [json_schema(kind) for kind in KINDS.values()]}),
        schemas / "tasks.schema.yaml": _as_yaml({"type": "object", "additionalProperties": json_schema(TaskEntry)}),
        ROOT / "config" / "README.md": configuration_page(configs),
        ROOT / "resources" / "systems" / "README.md": systems_page(),
    }


def descriptions(settings: type[Settings]) -> dict[str, str]:
    """The text under each field of a class and of the classes that it extends; of a section, what its class says."""
    found: dict[str, str] = {}
    for cls in reversed(settings.__mro__[:-2]):
        if cls is Settings or not issubclass(cls, Settings):
            continue
        body = ast.parse(inspect.getsource(cls)).body[0].body
        for entry, after in pairwise(body):
            if isinstance(entry, ast.AnnAssign) and isinstance(after, ast.Expr):
                found[entry.target.id] = after.value.value
    for name, field in settings.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, Settings):
            found[name] = field.annotation.__doc__ or ""
    return {name: " ".join(text.split()) for name, text in found.items()}


def json_schema(settings: type[Settings]) -> dict[str, Any]:
    """The JSON schema of a class, every key with its description."""
    schema = settings.model_json_schema()
    for cls in _classes(settings):
        node = schema if cls is settings else schema["$defs"].get(cls.__name__)
        if node is not None:
            node["description"] = " ".join((cls.__doc__ or "").split())
            told = descriptions(cls)
            for name, field in cls.model_fields.items():
                own = node["properties"][field.alias or name]
                own.pop("title", None)
                own["description"] = told[name]
            node.pop("title", None)
    return schema


def configuration_page(configs: Sequence[Path]) -> str:
    """The config files there are, each by its first line, and every key of one, section by section."""
    lines = [
        "| file | what it runs |",
        "|---|---|",
        *(f"| `{path.name}` | {_cell(_headline(path))} |" for path in configs),
    ]
    lines += ["", "## The keys that most users need", "", "| key | meaning | allowed | default |", "|---|---|---|---|"]
    lines += _common("", Configuration)
    return CONFIGURATION + "\n".join([*lines, "", *_section("Top level", Configuration)]) + "\n"


def systems_page() -> str:
    """The systems there are, and every key of a system file by what it describes."""
    lines = ["| file | system |", "|---|---|"]
    for path in sorted((ROOT / "resources" / "systems").glob("*.yaml")):
        lines.append(f"| `{path.name}` | {yaml.safe_load(path.read_text(encoding='utf-8'))['title']} |")
    lines.append("")
    titles = {f"kind: {name}": cls for name, cls in KINDS.items()}
    for title, cls in {**titles, "reaction": ReactionEntry, "grid": Grid, "limits": Limits}.items():
        lines += [f"## {title}\n", _cell(cls.__doc__) + "\n", *_table(cls), ""]
        lines += [REPEATED] if cls is ReactionEntry else []
    return SYSTEMS + "\n".join(lines)


def _classes(settings: type[Settings]) -> Iterator[type[Settings]]:
    """A class of settings and all that its fields lead to, each once."""
    seen, waiting = [], [settings]
    while waiting:
        if (cls := waiting.pop()) not in seen:
            seen.append(cls)
            waiting += [inner for field in cls.model_fields.values() for inner in _inside(field.annotation)]
    return iter(seen)


def _inside(annotation: Any) -> Iterator[type[Settings]]:
    """Classes of settings anywhere in an annotation."""
    if inspect.isclass(annotation) and issubclass(annotation, Settings):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _inside(part)


def _headline(path: Path) -> str:
    """The comment on a file's first line, without its full stop."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    if not first.startswith("# "):
        raise ValueError(f"{path}: the first line must be a comment that says what the file runs.")
    return first.removeprefix("# ").strip().removesuffix(".")


def _common(before: str, settings: type[Settings]) -> Iterator[str]:
    """Rows of the keys that most users need, each after the sections that it is a part of."""
    rows = dict(_rows(settings, before))
    for name, field in settings.model_fields.items():
        if (field.json_schema_extra or {}).get("common"):
            yield rows[name]
        for inner in _inside(field.annotation):
            yield from _common(f"{before}{name}." if inner is field.annotation else f"{before}{name}.NAME.", inner)


def _section(title: str, settings: type[Settings]) -> Iterator[str]:
    yield f"## {title}\n"
    if title != "Top level":
        yield f"{_cell(settings.__doc__ or '')}\n"
    yield from _table(settings)
    yield ""
    for name, field in settings.model_fields.items():
        key = field.alias or name if title == "Top level" else f"{title}.{field.alias or name}"
        for inner in _inside(field.annotation):
            yield from _section(key if inner is field.annotation else f"{key}.NAME", inner)


def _table(settings: type[Settings]) -> Iterator[str]:
    yield "| key | meaning | allowed | default |"
    yield "|---|---|---|---|"
    for _, row in _rows(settings):
        yield row


def _rows(settings: type[Settings], before: str = "") -> Iterator[tuple[str, str]]:
    """The row of each field."""
    schema, told = settings.model_json_schema(), descriptions(settings)
    for name, field in settings.model_fields.items():
        key = field.alias or name
        node = schema["properties"][key]
        nested = any(inner is field.annotation for inner in _inside(field.annotation))
        default = "required" if field.is_required() else "" if nested else _default(field.default)
        yield name, f"| `{before}{key}` | {_cell(told[name])} | {_allowed(node)} | {default} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _default(value: Any) -> str:
    if isinstance(value, dict):
        value = {name: own.model_dump(mode="json", exclude_unset=True) for name, own in value.items()}
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _allowed(node: dict[str, Any]) -> str:
    """What a key may be, in words."""
    if "$ref" in node or "allOf" in node:
        return "section"
    if "enum" in node or "const" in node:
        return ", ".join(f"`{option}`" for option in node.get("enum", [node.get("const")]))
    if branches := node.get("anyOf") or node.get("oneOf"):
        return " or ".join(map(_allowed, branches))
    if node["type"] == "array":
        of = _allowed(node["items"])
        return "list" if of == "text" else f"list of {of}"
    bounds = [f"{sign} {node[key]:g}" for key, sign in _BOUNDS.items() if key in node]
    return " ".join([_NAMES.get(node["type"], "text"), *bounds])


def _as_yaml(schema: dict[str, Any]) -> str:
    """A schema as YAML with a line for each key."""
    head = "# Made by `make docs` from the classes of the settings; edit these.\n"
    return head + "".join(_lines(schema, ""))


def _lines(node: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in node.items():
        nested = key in ("$defs", "properties") or (isinstance(value, dict) and "properties" in value)
        if nested and value:
            yield f"{indent}{json.dumps(key)}:\n"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}\n"


if __name__ == "__main__":
    for path, text in files().items():
        write_text(path, text)
