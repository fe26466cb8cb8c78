"""The origin of a setting: the one of several config files, or `--config`, that gives it."""

import re
from collections.abc import Mapping
from typing import Any


def with_origin(sentence: str, source: str, given: Mapping[str, Any]) -> str:
    """An error sentence about the merged settings, with the origin of its key instead of all sources.

    Args:
        sentence: begins with the source and, as a rule, the path of keys.
        source: the names of all sources.
        given: the content of each source by its name; later ones take precedence.
    """
    if not sentence.startswith(f"{source}: "):
        return sentence
    rest = sentence.removeprefix(f"{source}: ")
    keys = re.split(r"[\s:]", rest, maxsplit=1)[0].split(".")
    if unknown := re.match(r"(?:([^\s:]+): )?unknown key '([^']*)'", rest):
        keys = [*(unknown[1] or "").split("."), unknown[2]] if unknown[1] else [unknown[2]]
    depths = {name: _depth(content, keys) for name, content in given.items()}
    deepest = max(depths.values(), default=0)
    origins = [name for name, depth in depths.items() if depth == deepest]
    return f"{origins[-1]}: {rest}" if deepest else sentence


def _depth(content: Any, keys: list[str]) -> int:
    """How many of the keys, from the first one on, the content has."""
    for depth, key in enumerate(keys):
        if isinstance(content, list) and key.isdecimal() and int(key) < len(content):
            content = content[int(key)]
        elif isinstance(content, Mapping) and key in content:
            content = content[key]
        else:
            return depth
    return len(keys)
