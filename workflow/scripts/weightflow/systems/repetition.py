"""Short ways to write long systems: ranges of names, and entries repeated over an index.

`X1..X15` stands for X1, X2, …, X15; with `repeat: {i: 1..14}` an entry is written once for every i, and
`{i}`, `{i+1}` and `{i-1}` in its texts are replaced by numbers.
"""

import itertools
import re
from collections.abc import Mapping

from weightflow.errors import InputError, shown

MOST = 10_000  # names or entries; more are taken as a mistake

_RANGE = re.compile(r"([^\W\d]\w{0,60}?)(\d{1,18})\.\.\1(\d{1,18})")
_SPAN = re.compile(r"(\d{1,18})\.\.(\d{1,18})")
_PLACE = re.compile(r"\{\s*(\w+)\s*(?:([+-])\s*(\d{1,9})\s*)?\}")


def expand_name(text: str, where: str) -> list[str]:
    """All names of a range, or the text itself if it is no range.

    Raises:
        InputError: a malformed, empty or very long range.
    """
    if ".." not in text:
        return [text]
    if not (found := _RANGE.fullmatch(text)):
        raise InputError(f"{where}: '{shown(text)}' is not a range of names; write for example X1..X15.")
    return [f"{found[1]}{i}" for i in _span(f"{found[2]}..{found[3]}", where)]


def expand_texts(texts: Mapping[str, str], repeat: Mapping[str, str], where: str) -> list[dict[str, str]]:
    """The texts of an entry, once for every combination of the indices of its `repeat`.

    Raises:
        InputError: a malformed span, or an index in a text that `repeat` does not name.
    """
    spans = {name: _span(span, f"{where}.repeat.{name}") for name, span in repeat.items()}
    found: list[dict[str, str]] = []
    for combination in itertools.product(*spans.values()):
        numbers = dict(zip(spans, combination, strict=True))
        found.append({key: _filled(text, numbers, f"{where}.{key}") for key, text in texts.items()})
        if len(found) > MOST:
            raise InputError(f"{where}.repeat: makes more than {MOST} entries; repeat it less often.")
    return found


def _span(text: str, where: str) -> range:
    found = _SPAN.fullmatch(str(text))
    if not found or int(found[1]) > int(found[2]):
        raise InputError(f"{where}: '{shown(text)}' is not a range that rises; write for example 1..14.")
    if int(found[2]) - int(found[1]) >= MOST:
        raise InputError(f"{where}: '{shown(text)}' is longer than {MOST}; shorten it.")
    return range(int(found[1]), int(found[2]) + 1)


def _filled(text: str, numbers: Mapping[str, int], where: str) -> str:
    def number(place: re.Match[str]) -> str:
        name, sign, offset = place.groups()
        if name not in numbers:
            raise InputError(f"{where}: '{shown(place[0])}' names no index of repeat; they are {', '.join(numbers)}.")
        return str(numbers[name] + int(f"{sign}{offset}" if sign else 0))

    return _PLACE.sub(number, text)
