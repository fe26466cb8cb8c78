"""Safe reading of configurations and system files: plain data of limited size.

YAML can construct objects, refer to itself, and double in size with every line through aliases. Snakemake would also
run a config with the key `__use_yte__` as a program. All of this is refused before any object is constructed.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from weightflow.errors import InputError, shown

_MOST_BYTES = 2_000_000
_MOST_DEPTH = 50
_MOST_NODES = 200_000  # with aliases expanded
_NODE = 64  # characters of text that count as one node
_PROGRAM = "__use_yte__"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast in C
_BOOLEAN = "tag:yaml.org,2002:bool"
_RESOLVERS = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# As in YAML 1.2, only true and false are booleans: NO is a species.
_LOADER_1_2: Any = type("_Loader12", (_LOADER,), {"yaml_implicit_resolvers": _RESOLVERS})
_LOADER_1_2.add_implicit_resolver(_BOOLEAN, re.compile("(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))

# Faults by what the parser says about them: whether they are where the parser began, and the sentence's end.
_FAULTS = (
    (r"cannot start any token", False, "{letter} cannot begin a value; put the value in quotes"),
    (
        r"hexa?decimal|unknown escape",
        False,
        r"a \ in double quotes begins a special character; write '…', or a path with /",
    ),
    (r"could not find expected ':'", True, "the key has no ':' after it; add it"),
    (r"unexpected end of stream|unexpected document indicator", True, "this quote is never closed; close it"),
    (
        r"expected ',' or '[]}]'",
        True,
        "this bracket is never closed, or two of its entries have no comma between; add it",
    ),
    (
        r"(mapping values|sequence entries) are not allowed",
        False,
        "a new entry cannot begin here; indent it as the entries around it, and put text with ': ' in quotes",
    ),
    (
        r"did not find expected (key|'-' indicator)|expected <block end>",
        False,
        "this entry does not fit those before it; indent it as they are, and close quotes and brackets",
    ),
    (r"found another document", False, "a second document begins; leave out the ---"),
)


def read_yaml(path: str | Path, loader: Any = _LOADER_1_2) -> Any:
    """Read a YAML file, in which yes, no, on and off are text.

    Args:
        path: of the file.
        loader: another one reads these words as booleans, as Snakemake does in configs.

    Raises:
        InputError: the file is missing, not text, not YAML, or not plain data.
    """
    text = _text(path)
    try:
        _check(yaml.parse(text, Loader=_LOADER), path)
        reader = loader(text)
        try:
            return reader.get_single_data()
        finally:
            reader.dispose()
    except InputError:
        raise
    except (yaml.YAMLError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            raise InputError(f"{path}: not YAML with plain data only; {_fault(error, text)}.") from error
        said = str(error).splitlines() or [type(error).__name__]
        raise InputError(f"{path}: not YAML with plain data only; {said[0][:200].rstrip('.')}.") from error


def _fault(error: yaml.MarkedYAMLError, text: str) -> str:
    """Line, column, fault and fix."""
    problem, mark = str(error.problem), error.problem_mark
    said = f"{problem[:200].rstrip('.')}; change it"
    for pattern, at_start, sentence in _FAULTS:
        if re.search(pattern, problem):
            mark = (at_start and error.context_mark) or mark
            said = sentence
            break
    line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    letter = line[mark.column : mark.column + 1]
    if letter == "\t" and not line[: mark.column].strip():
        said = "a tab indents the line; use spaces"
    return f"line {mark.line + 1}, column {mark.column + 1}: {said.replace('{letter}', shown(letter))}"


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
        content = read_yaml(path, _LOADER)
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
