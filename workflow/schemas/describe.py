"""Write the pages about configuration and system files from their schemas, so that both say the same."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from weightflow.schema import read_schema  # noqa: E402
from weightflow.storage import write_text  # noqa: E402

CONFIGURATION = """\
# Configuration

Made from `workflow/schemas/config.schema.yaml` and the first line of each config file by `make docs`; edit these.

A config file names data sets and whatever differs from the defaults below. Unknown keys are refused.
A config is as trusted as the workflow beside it: Snakemake runs one that says `__use_yte__` as a program.
A file that names no `datasets` changes the default run (`config.yaml`). Populations and bands are those of the config;
those of the default run are in `populations.yaml`, which a run of the default target never reads.

"""


SYSTEMS = """\
# Systems

Made from `workflow/schemas/system.schema.yaml` by `make docs`; edit that file.

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


def pages() -> dict[Path, str]:
    """Each page as Markdown, by its path."""
    folder = ROOT / "workflow" / "schemas"
    return {
        ROOT / "config" / "README.md": configuration_page(
            read_schema(folder / "config.schema.yaml"), sorted((ROOT / "config").glob("*.yaml"), key=_default_first)
        ),
        ROOT / "resources" / "systems" / "README.md": systems_page(read_schema(folder / "system.schema.yaml")),
    }


def configuration_page(schema: dict[str, Any], files: Sequence[Path]) -> str:
    """The config files there are, each by its first line, and every key of one, section by section."""
    lines = ["| file | what it runs |", "|---|---|"]
    lines += [f"| `{path.name}` | {_cell(_headline(path))} |" for path in files]
    return CONFIGURATION + "\n".join([*lines, "", *_section("Top level", schema, schema)]) + "\n"


def systems_page(schema: dict[str, Any]) -> str:
    """The systems there are, and every key of a system file by what it describes."""
    lines = ["| file | system |", "|---|---|"]
    for path in sorted((ROOT / "resources" / "systems").glob("*.yaml")):
        lines.append(f"| `{path.name}` | {yaml.safe_load(path.read_text(encoding='utf-8'))['title']} |")
    lines.append("")
    for name in ("reactions", "adaptive_walk", "sbml", "reaction", "grid", "limits"):
        node = schema["$defs"][name]
        title = f"kind: {name}" if "kind" in node["properties"] else name
        lines += [f"## {title}\n", _cell(node["description"]) + "\n", *_table(node, schema), ""]
        lines += [REPEATED] if name == "reaction" else []
    return SYSTEMS + "\n".join(lines)


def _default_first(path: Path) -> tuple[bool, str]:
    return path.name != "config.yaml", path.name


def _headline(path: Path) -> str:
    """The comment on a file's first line, without its full stop."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    if not first.startswith("# "):
        raise ValueError(f"{path}: the first line must be a comment that says what the file runs.")
    return first.removeprefix("# ").strip().removesuffix(".")


def _section(title: str, node: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}\n"
    if title != "Top level":
        yield f"{node['description'].strip()}\n"
    yield from _table(node, schema)
    yield ""
    for key, value in node["properties"].items():
        name = key if title == "Top level" else f"{title}.{key}"
        inner = value.get("additionalProperties")
        if isinstance(inner, dict) and "$ref" in inner:
            yield from _section(f"{name}.NAME", _resolved(inner, schema), schema)
        elif "properties" in value:
            yield from _section(name, value, schema)


def _table(node: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    yield "| key | meaning | allowed | default |"
    yield "|---|---|---|---|"
    for key, value in node["properties"].items():
        entry = _resolved(value, schema)
        default = "required" if key in node.get("required", []) else _default(entry)
        yield f"| `{key}` | {_cell(entry['description'])} | {_allowed(entry)} | {default} |"


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _allowed(node: dict[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{'null' if option is None else option}`" for option in node["enum"])
    if "enum" in node.get("then", {}):  # one of some words, or another type
        words = ", ".join(f"`{option}`" for option in node["then"]["enum"])
        return f"{words} or list"
    kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
    names = {"object": "section", "array": "list", "null": "null", "number": "number", "integer": "whole number"}
    text = " or ".join(names.get(kind, kind) for kind in kinds)
    if "items" in node and "enum" in node["items"]:
        text += " of " + ", ".join(f"`{option}`" for option in node["items"]["enum"])
    bounds = [
        f"{sign} {node[key]}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if key in node
    ]
    return " ".join([text, *bounds])


def _default(node: dict[str, Any]) -> str:
    return "" if "properties" in node or "default" not in node else f"`{json.dumps(node['default'])}`"


if __name__ == "__main__":
    for path, page in pages().items():
        write_text(path, page)
