"""JSON schemas of what users write, and one sentence for whatever breaks them."""

import math
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from weightflow.errors import InputError, shown, unknown
from weightflow.yaml_files import parse_yaml

_LARGEST = 2**63 - 1  # whole number that arrays hold
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80


def read_schema(path: str | Path) -> dict[str, Any]:
    """A JSON schema, written as YAML."""
    return parse_yaml(Path(path).read_text(encoding="utf-8"))


def check_schema(content: Mapping[str, Any], schema: Mapping[str, Any], source: str) -> None:
    """Refuse what breaks a schema.

    Args:
        content: as the user wrote it.
        schema: from `read_schema`.
        source: the files' names, for the message.

    Raises:
        InputError: naming the file, the key, what is wrong with it and what is allowed.
    """
    for key, number in _numbers(content):
        if not math.isfinite(number):
            raise InputError(f"{source}: {key}: '{number}' is not a number; change it.")
        if isinstance(number, int) and abs(number) > _LARGEST:
            raise InputError(f"{source}: {key}: {_SHORT.repr(number)} is out of range; lower it.")
    if error := best_match(Draft202012Validator(schema).iter_errors(content)):
        raise InputError(f"{source}: {_sentence(error)}")


def _sentence(error: ValidationError) -> str:
    key = shown(".".join(map(str, error.absolute_path)))
    at = f"{key}: " if key else ""
    match error.validator:
        case "additionalProperties":
            known = error.schema.get("properties", {})
            stranger = next(name for name in error.instance if name not in known)
            return at + unknown("key", stranger, known)
        case "enum":
            return at + unknown("value", error.instance, error.validator_value)
        case "pattern":
            rule = error.schema.get("description", f"it must match {error.validator_value}")
            return f"{at}'{shown(error.instance)}' cannot be used; {rule[0].lower() + rule[1:].rstrip('.')}."
        case "required":
            missing = next(name for name in error.validator_value if name not in error.instance)
            return f"{at}the key '{missing}' is missing; add it."
        case "type":
            wanted = error.validator_value
            names = wanted if isinstance(wanted, str) else " or ".join(wanted)
            return f"{at}{_SHORT.repr(error.instance)} is not of type {names}; change it."
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            bound = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
            allowed = bound.get(str(error.validator), "less than")
            return f"{at}{_SHORT.repr(error.instance)} is out of range; it must be {allowed} {error.validator_value}."
        case "maxLength" | "maxItems" | "maxProperties":
            return f"{at}{len(error.instance)} is too long; {error.validator_value} is the most, so shorten it."
        case _:
            return f"{at}{shown(error.message)}; change it."


def _numbers(content: Any, key: str = "") -> Iterator[tuple[str, int | float]]:
    """All numbers, each with its key."""
    if isinstance(content, int | float):
        yield key, content
    elif isinstance(content, Mapping | list):
        entries = content.items() if isinstance(content, Mapping) else enumerate(content)
        for name, value in entries:
            yield from _numbers(value, f"{key}.{shown(name)}" if key else shown(name))
