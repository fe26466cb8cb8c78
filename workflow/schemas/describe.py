"""Write the JSON schemas and the pages about configuration and system files from the classes of the settings.

Those on metrics, baselines and figures are from the registries (registry_pages.py).
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "workflow" / "schemas")]

from registry_pages import baselines_page, figures_page, metrics_page  # noqa: E402

from weightflow.config.settings import Configuration  # noqa: E402
from weightflow.populations.settings import SNAPSHOT  # noqa: E402
from weightflow.populations.tasks.catalogue import TaskEntry, read_catalogue  # noqa: E402
from weightflow.populations.tasks.registry import BUILT_IN  # noqa: E402
from weightflow.settings import NameIn, Settings  # noqa: E402
from weightflow.storage import write_text  # noqa: E402
from weightflow.systems.entries import (  # noqa: E402
    KINDS,
    DiffusionLimits,
    Grid,
    Limits,
    ReactionEntry,
    StartPart,
    SystemFile,
    read_entries,
)

MADE = "Made by `make docs` from the classes of the settings (`settings.py` in each room of the library); edit these.\n"

CONFIGURATION = f"""\
# Configuration

{MADE}
A config file lists data sets and the settings that differ from the defaults below. Unknown keys are refused.
A config is as trusted as the workflow: Snakemake executes a config that contains `__use_yte__`.
A config without `datasets` changes the default run (`config.yaml`). The populations of the default run are in
`populations.yaml`, which only `snakemake populations` reads; a config with its own replaces them.

"""

SYSTEMS = """\
# Systems

Made by `make docs` from `systems/entries.py` of the library; edit that file.

A config names a system of this folder (`system: epidemic`) or the path of your own file (`system: my/own.yaml`). Files
are checked before anything runs; an error is one sentence that names the file and the key. Expressions are parsed,
never executed as code. [A system of your own](../../docs/how-to/own-system.md) has complete examples.

A system of kind `diffusion` makes real values and needs `kind: continuous` in the data set; the others make counts.

"""

HEAD = ("| key | meaning | allowed | default |", "|---|---|---|---|")
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
# Names that a file of the repository lists, with descriptions, by `names` of a field's schema.
NAMES = {
    "tasks": {
        **{name: task.description for name, task in BUILT_IN.items()},
        **{name: task.title for name, task in read_catalogue(ROOT / "resources" / "tasks.yaml").items()},
        SNAPSHOT: "each count of a state of a data set from the preceding ones, for backbones",
    }
}
_KINDS = {"object": "section", "integer": "whole number", "boolean": "true or false", "string": "text"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_OF_ARRAYS = {"minLength": "minItems", "maxLength": "maxItems"}  # pydantic writes the former before a validator


def files() -> dict[Path, str]:
    """Each schema and page, by its path."""
    schemas, reference = ROOT / "workflow" / "schemas", ROOT / "docs" / "reference"
    configs = sorted((ROOT / "config").glob("*.yaml"), key=lambda path: (path.name != "config.yaml", path.name))
    return {
        schemas / "config.schema.yaml": _as_yaml(json_schema(Configuration)),
        schemas / "system.schema.yaml": _as_yaml(json_schema(SystemFile)),
        schemas / "tasks.schema.yaml": _as_yaml(json_schema(dict[str, TaskEntry])),
        ROOT / "config" / "README.md": configuration_page(configs),
        ROOT / "resources" / "systems" / "README.md": systems_page(),
        reference / "metrics.md": metrics_page(),
        reference / "baselines.md": baselines_page(),
        reference / "figures.md": figures_page(),
    }


def classes(annotation: Any) -> list[type[Settings]]:
    """The classes of settings in an annotation and in the fields of these classes, each once."""
    found: list[type[Settings]] = []
    waiting = list(_sections(annotation))
    while waiting:
        if (cls := waiting.pop(0)) not in found:
            found.append(cls)
            waiting += [inner for field in cls.model_fields.values() for inner in _sections(field.annotation)]
    return found


def descriptions(settings: type[Settings]) -> dict[str, str]:
    """The docstring of each field of a class and of its bases; for a section, the docstring of its class.

    A field with names from a registry or from a file of `NAMES` also lists their entries.
    """
    found: dict[str, str] = {}
    for cls in reversed(settings.__mro__):
        if issubclass(cls, Settings):
            for entry, after in pairwise(ast.parse(inspect.getsource(cls)).body[0].body):
                if isinstance(entry, ast.AnnAssign) and isinstance(after, ast.Expr):
                    found[entry.target.id] = after.value.value
    for name, field in settings.model_fields.items():
        if _is_section(field.annotation):
            found[name] = field.annotation.__doc__
        for part in _inside((field.annotation, *field.metadata)):
            if isinstance(part, NameIn):
                told = ((entry, getattr(own, "description", "")) for entry, own in part.registry.items())
                found[name] += "".join(f" {entry}: {text.rstrip('.')}." for entry, text in told if text)
        listed = NAMES.get((field.json_schema_extra or {}).get("names"), {})
        found[name] += "".join(f" {entry}: {text}." for entry, text in listed.items())
    return {name: " ".join(text.split()) for name, text in found.items()}


class _Defaults(GenerateJsonSchema):
    """Schemas with defaults as in a config file: sections with changed keys only, and plain numbers."""

    def encode_default(self, dft: Any) -> Any:
        return _written(dft)


def json_schema(annotation: Any) -> dict[str, Any]:
    """The JSON schema of settings, every key with its description."""
    schema = TypeAdapter(annotation).json_schema(schema_generator=_Defaults)
    for cls in classes(annotation):
        node = schema.get("$defs", {}).get(cls.__name__, schema)
        node["description"] = " ".join(cls.__doc__.split())
        told = descriptions(cls)
        for name, field in cls.model_fields.items():
            node["properties"][field.alias or name]["description"] = told[name]
    return _tidy(schema)


def configuration_page(configs: Sequence[Path]) -> str:
    """The page about config files: a list of the files with their first lines, and all keys by section."""
    lines = [
        "| file | what it runs |",
        "|---|---|",
        *(f"| `{path.name}` | {_cell(_headline(path))} |" for path in configs),
    ]
    lines += ["", "## The ten keys that most users need", "", *HEAD, *_common("", Configuration)]
    return CONFIGURATION + "\n".join([*lines, "", *_section("Top level", Configuration)]) + "\n"


def systems_page() -> str:
    """The page about systems: a list of the files, and all keys of a system file by kind."""
    lines = ["| file | system | kind |", "|---|---|---|"]
    for path in sorted((ROOT / "resources" / "systems").glob("*.yaml")):
        entries = read_entries(path)
        lines.append(f"| `{path.name}` | {entries.title} | `{entries.kind}` |")
    lines.append("")
    titles = {f"kind: {name}": cls for name, cls in KINDS.items()}
    parts = {"part of a start": StartPart, "limits of a diffusion": DiffusionLimits}
    for title, cls in {**titles, "reaction": ReactionEntry, "grid": Grid, "limits": Limits, **parts}.items():
        lines += [f"## {title}\n", _cell(cls.__doc__) + "\n", *HEAD, *_rows(cls).values(), ""]
        lines += [REPEATED] if cls is ReactionEntry else []
    return SYSTEMS + "\n".join(lines)


def _inside(annotation: Any) -> Iterator[Any]:
    """An annotation and its arguments, recursively."""
    yield annotation
    for part in annotation if isinstance(annotation, tuple) else get_args(annotation):
        yield from _inside(part)


def _is_section(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, Settings)


def _sections(annotation: Any) -> Iterator[type[Settings]]:
    return filter(_is_section, _inside(annotation))


def _headline(path: Path) -> str:
    """The comment on a file's first line, without its full stop."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    if not first.startswith("# "):
        raise ValueError(f"{path}: the first line must be a comment that describes the run.")
    return first.removeprefix("# ").strip().removesuffix(".")


def _common(before: str, settings: type[Settings]) -> Iterator[str]:
    """Rows of the keys that most users need, with dotted names."""
    rows = _rows(settings, before)
    for name, field in settings.model_fields.items():
        if (field.json_schema_extra or {}).get("common"):
            yield rows[name]
        for inner in _sections(field.annotation):
            yield from _common(f"{before}{name}." if inner is field.annotation else f"{before}{name}.NAME.", inner)


def _section(title: str, settings: type[Settings]) -> Iterator[str]:
    yield f"## {title}\n"
    if title != "Top level":
        yield f"{_cell(settings.__doc__)}\n"
    yield from HEAD
    yield from _rows(settings).values()
    yield ""
    for name, field in settings.model_fields.items():
        key = name if title == "Top level" else f"{title}.{name}"
        for inner in _sections(field.annotation):
            yield from _section(key if inner is field.annotation else f"{key}.NAME", inner)


def _rows(settings: type[Settings], before: str = "") -> dict[str, str]:
    """The row of each field."""
    schema, told = _tidy(settings.model_json_schema(schema_generator=_Defaults)), descriptions(settings)
    found = {}
    for name, field in settings.model_fields.items():
        node = schema["properties"][field.alias or name]
        default = "required" if field.is_required() else "" if _is_section(field.annotation) else _code(field.default)
        key = f"{before}{field.alias or name}"
        found[name] = f"| `{key}` | {_cell(told[name])} | {_allowed(node)} | {default} |"
    return found


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(value: Any) -> str:
    return f"`{json.dumps(_written(value), ensure_ascii=False)}`"


def _written(value: Any) -> Any:
    """A default as in a config file."""
    dumped = json.dumps(value, default=lambda own: own.model_dump(exclude_unset=True, by_alias=True, warnings=False))
    return json.loads(dumped)


def _allowed(node: dict[str, Any], many: bool = False) -> str:
    """The allowed values of a key, in words."""
    if "$ref" in node:
        return "sections" if many else "section"
    if "enum" in node or "const" in node:
        return ", ".join(f"`{option}`" for option in node.get("enum", [node.get("const")]))
    if branches := node.get("anyOf") or node.get("oneOf"):
        return " or ".join(_allowed(branch, many) for branch in branches)
    if node["type"] == "array":
        of = _allowed(node["items"], many=True)
        return "list" if of == "texts" else f"list of {of}"
    bounds = [f"{sign} {node[key]:.15g}" for key, sign in _BOUNDS.items() if key in node]
    kind = _KINDS.get(node["type"], node["type"])
    return " ".join([f"{kind}s" if many and node["type"] != "boolean" else kind, *bounds])


def _tidy(node: Any) -> Any:
    """A JSON schema without titles and without defaults of sections, since keys have their own."""
    if isinstance(node, list):
        return [_tidy(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("properties"), dict):
        own = {key: _tidy(inner) for key, inner in node["properties"].items()}
        return {**_tidy({key: inner for key, inner in node.items() if key != "properties"}), "properties": own}
    names = _OF_ARRAYS if node.get("type") == "array" else {}
    left_out = ("title", "common", "discriminator", "names", *(["default"] if "$ref" in node else []))
    if "names" in node:
        own = {"enum": list(NAMES[node["names"]])}
        node = (
            {**node, **own} if "type" in node else {**node, "anyOf": [{**node["anyOf"][0], **own}, *node["anyOf"][1:]]}
        )
    found = {names.get(key, key): _tidy(inner) for key, inner in node.items() if key not in left_out}
    return found | ({"additionalProperties": False} if "patternProperties" in found else {})


def _as_yaml(schema: dict[str, Any]) -> str:
    """A schema as YAML with a line for each key."""
    head = "# Made by `make docs` from the classes of the settings; edit these.\n"
    return head + "".join(_lines(schema, ""))


def _lines(node: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in node.items():
        name = key if re.fullmatch(r"\$?[a-zA-Z_]\w+", key) else json.dumps(key)
        if key in ("$defs", "properties") or (isinstance(value, dict) and "properties" in value):
            yield f"{indent}{name}:\n"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}\n"


if __name__ == "__main__":
    for path, text in files().items():
        write_text(path, text)
