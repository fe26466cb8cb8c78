"""Safe reading of configurations and system files: plain data of limited size.

YAML can construct objects, refer to itself, and double in size with every line through aliases. Snakemake would also
run a config with the key `__use_yte__` as a program. All of this is refused before any object is constructed.
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
_MOST_NODES = 200_000  # with aliases expanded
_NODE = 64  # characters of text that count as one node
_PROGRAM = "__use_yte__"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast in C


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file.

    Raises:
        InputError: the file is missing, not text, not YAML, or not plain data.
    """
    text = _text(path)
    try:
        _check(yaml.parse(text, Loader=_LOADER), path)
        return parse_yaml(text)
    except InputError:
        raise
    except (yaml.YAMLError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        said = str(error).splitlines() or [type(error).__name__]
        raise InputError(f"{path}: not YAML with plain data only; {said[0][:200].rstrip('.')}.") from error


def parse_yaml(text: str) -> Any:
    """Parse YAML into plain values, as `yaml.safe_load` does."""
    loader = _LOADER(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def read_config(path: str | Path) -> dict[str, Any]:
    """Read a config file in YAML or JSON.

    Raises:
        InputError: as `read_yaml`, or the file holds no mapping, or is a template to be run (YTE).
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
    """A configuration as YAML without aliases; `--configfile` can read it."""
    return yaml.safe_dump(json.loads(json.dumps(config)), sort_keys=False, allow_unicode=True)


def _text(path: str | Path) -> str:
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file, or it is not a regular file; check the path.")
    try:
        if (size := os.path.getsize(path)) > _MOST_BYTES:
            raise InputError(f"{path}: has {size} bytes, and {_MOST_BYTES} is the most; check the path.")
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8; save it as such.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from error


def _check(events: Iterable[yaml.Event], path: str | Path) -> None:
    """Refuse YAML that is nested too deeply, refers to itself, or is too large with its aliases expanded."""
    sizes: dict[str, int] = {}
    waiting: list[tuple[str | None, list[int]]] = []  # anchor and sizes of the entries
    for event in events:
        match event:
            case yaml.AliasEvent(anchor=anchor):
                if anchor not in sizes:
                    raise InputError(f"{path}: the alias *{anchor} refers to itself or is not defined; write it out.")
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
