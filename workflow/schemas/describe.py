"""Write config/README.md from the configuration's schema, so that neither can say what the other does not."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from weightflow.settings import read_schema  # noqa: E402
from weightflow.storage import write_text  # noqa: E402

INTRODUCTION = """\
# Configuration

Made from `workflow/schemas/config.schema.yaml` by `make docs`; edit that file.

A config file names data sets and whatever differs from the defaults below. Unknown keys are refused.
A file that names no `datasets` changes the default run (`config.yaml`).

| file | what it runs |
|---|---|
| `config.yaml` | the default: the paper's epidemic, simulated |
| `epidemic-released.yaml` | the epidemic trajectories released with the paper |
| `toggle-switch.yaml` | a genetic toggle switch, judged by its exact law |
| `paper.yaml` | the paper's study: five systems, full training budgets, ablations (`snakemake paper`) |
| `paper-small.yaml` | the same study with one seed and small budgets, for two cores and half an hour |
| `ablations.yaml` | what each part of the method does (`snakemake ablations`) |

"""


def page(schema: dict[str, Any]) -> str:
    """The whole page as Markdown."""
    return INTRODUCTION + "\n".join(_section("Top level", schema, schema)) + "\n"


def _section(title: str, node: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    properties = node["properties"]
    yield f"## {title}\n"
    if title != "Top level":
        yield f"{node['description'].strip()}\n"
    yield "| key | meaning | allowed | default |"
    yield "|---|---|---|---|"
    for key, value in properties.items():
        yield f"| `{key}` | {_cell(value['description'])} | {_allowed(value)} | {_default(value)} |"
    yield ""
    for key, value in properties.items():
        name = key if title == "Top level" else f"{title}.{key}"
        inner = value.get("additionalProperties")
        if isinstance(inner, dict) and "$ref" in inner:
            definition = schema["$defs"][inner["$ref"].rsplit("/", 1)[-1]]
            yield from _section(f"{name}.NAME", definition, schema)
        elif "properties" in value:
            yield from _section(name, value, schema)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _allowed(node: dict[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{option}`" for option in node["enum"])
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
    if "default" not in node:
        return "required"
    return "" if "properties" in node else f"`{json.dumps(node['default'])}`"


if __name__ == "__main__":
    write_text(ROOT / "config" / "README.md", page(read_schema(ROOT / "workflow/schemas/config.schema.yaml")))
