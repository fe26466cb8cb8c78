"""Configurations and system files as they are written: data and nothing else, and no more than anyone writes by hand.

YAML can name objects to construct, refer to itself, and double in size with every line by its aliases; Snakemake would
moreover run a config that says `__use_yte__` as a program. All of that is refused before any of it is built.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from weightflow.errors import InputError

_MOST_BYTES = 2_000_000
_MOST_DEPTH = 50
_MOST_NODES = 200_000  # with aliases written out
_NODE = 64  # characters of text that count as one more
_PROGRAM = "__use_yte__"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast in C


def read_yaml(path: str | Path) -> Any:
    """What a YAML file says.

    Raises:
        InputError: no such file, not text, not YAML, or more than data.
    """
    text = _text(path)
    try:
        _check(yaml.parse(text, Loader=_LOADER), path)
        return parse_yaml(text)
    except InputError:
        raise
    except (yaml.YAMLError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        said = str(error).splitlines() or [type(error).__name__]
        raise InputError(f"{path}: not YAML that holds data alone; {said[0][:200].rstrip('.')}.") from error


def parse_yaml(text: str) -> Any:
    """What YAML says, of plain values alone, as `yaml.safe_load`."""
    loader = _LOADER(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def read_config(path: str | Path) -> dict[str, Any]:
    """What a config file says, in YAML or JSON.

    Raises:
        InputError: as `read_yaml`, or it is no mapping, or a template to be run (YTE).
    """
    try:
        content = json.loads(_text(path))
        _check(yaml.parse(json.dumps(content), Loader=_LOADER), path)
    except InputError:
        raise
    except (ValueError, RecursionError):
        content = read_yaml(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a mapping with keys such as datasets and models.")
    if _PROGRAM in content:
        raise InputError(f"{path}: {_PROGRAM} makes it a program, and configs of this workflow are data; write it out.")
    return content


def config_text(config: Mapping[str, Any]) -> str:
    """A configuration as YAML, every value written out where it is; `--configfile` takes it back."""
    return yaml.safe_dump(json.loads(json.dumps(config)), sort_keys=False, allow_unicode=True)


def _text(path: str | Path) -> str:
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file, or it is none that can be read; check the path.")
    try:
        if (size := os.path.getsize(path)) > _MOST_BYTES:
            raise InputError(f"{path}: has {size} bytes, and {_MOST_BYTES} is the most; it is hardly written by hand.")
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8; save it as such.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from error


def _check(events: Iterable[yaml.Event], path: str | Path) -> None:
    """Refuse what is nested too deeply, refers to itself, or is too large with its aliases written out."""
    sizes: dict[str, int] = {}
    waiting: list[tuple[str | None, list[int]]] = []  # anchor and sizes of what is inside
    for event in events:
        match event:
            case yaml.AliasEvent(anchor=anchor):
                if anchor not in sizes:
                    raise InputError(f"{path}: *{anchor} refers to what holds it or is not there; write it out.")
                size = sizes[anchor]
            case yaml.ScalarEvent(anchor=anchor, value=value):
                size = 1 + len(value) // _NODE
                sizes |= {anchor: size} if anchor else {}
            case yaml.CollectionStartEvent(anchor=anchor):
                sizes.pop(anchor, None)
                waiting.append((anchor, [1]))
                if len(waiting) > _MOST_DEPTH:
                    raise InputError(f"{path}: nests more than {_MOST_DEPTH} deep; write it flatter.")
                continue
            case yaml.CollectionEndEvent():
                anchor, inside = waiting.pop()
                size = sum(inside)
                sizes |= {anchor: size} if anchor else {}
            case _:
                continue
        if size > _MOST_NODES:
            raise InputError(f"{path}: holds more than {_MOST_NODES} entries once its aliases are written out.")
        if waiting:
            waiting[-1][1].append(size)
