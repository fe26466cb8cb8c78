"""JSON schemas of what users write, and one sentence for whatever breaks them."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from weightflow.errors import InputError

_MOST_NAMES = 60  # in a message


def read_schema(path: str | Path) -> dict[str, Any]:
    """A JSON schema, written as YAML."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def check_schema(content: Mapping[str, Any], schema: Mapping[str, Any], source: str) -> None:
    """Refuse what breaks a schema.

    Args:
        content: as the user wrote it.
        schema: from `read_schema`.
        source: the files' names, for the message.

    Raises:
        InputError: naming the file, the key, what is wrong with it and what is allowed.
    """
    if error := best_match(Draft202012Validator(schema).iter_errors(content)):
        raise InputError(f"{source}: {_sentence(error)}")


def unknown(what: str, found: Any, known: Iterable[Any]) -> str:
    """The sentence for a name that is none of the known ones: the nearest of them, or all."""
    options = [str(option) for option in known]
    close = difflib.get_close_matches(str(found), options, n=1)
    few = options if len(options) <= _MOST_NAMES else [*options[: _MOST_NAMES - 1], "…"]
    allowed = f"allowed: {', '.join(few) or 'none'}."
    return f"unknown {what} '{found}'; " + (f"did you mean '{close[0]}'? {allowed}" if close else allowed)


def _sentence(error: ValidationError) -> str:
    key = ".".join(map(str, error.absolute_path))
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
            return f"{at}'{error.instance}' cannot be used; {rule[0].lower() + rule[1:].rstrip('.')}."
        case "required":
            missing = next(name for name in error.validator_value if name not in error.instance)
            return f"{at}the key '{missing}' is missing; add it."
        case "type":
            wanted = error.validator_value
            names = wanted if isinstance(wanted, str) else " or ".join(wanted)
            return f"{at}{error.instance!r} is not of type {names}; change it."
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            bound = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
            allowed = bound.get(str(error.validator), "less than")
            return f"{at}{error.instance} is out of range; it must be {allowed} {error.validator_value}."
        case _:
            return f"{at}{error.message}; change it."
