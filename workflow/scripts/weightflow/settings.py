"""The base class of settings, types of their values, and error messages.

Each room defines its settings in its own `settings` module; `config/settings.py` combines them. The text under a field
is its description in `config/README.md` and in the JSON schema; the workflow does not read it.
"""

import json
import math
import re
import reprlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace, UnionType
from typing import Annotated, Any, Self, TypeVar, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    Tag,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from weightflow.errors import InputError, shown, unknown

_LARGEST = 2**63 - 1  # whole number that arrays hold
_MOST_LETTERS = 40  # of a number as text
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80

T = TypeVar("T")
Plain = Mapping[str, Any]  # settings as mappings, lists and numbers, for files, rules and digests


class Settings(BaseModel):
    """A section of a configuration: frozen, without unknown keys, and without conversions such as 1 to '1'.

    Only `of` reads text as a number, a boolean or null where such a value is wanted: YAML reads 1e-2 as text, and
    Snakemake everything in brackets after `--config`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    @classmethod
    def of(cls, content: Any, source: str, section: str = "") -> Self:
        """Validate a user's settings and fill in the defaults.

        Args:
            content: the section as the user wrote it.
            source: the files' names, for messages.
            section: the path of keys to the section in the file, for messages.

        Raises:
            InputError: an invalid setting; the message names the file, the key, the fault and the allowed values.
        """
        _check_numbers(content, source, section)
        try:
            return cls.model_validate(content)
        except ValidationError as fault:
            read = _read_texts(content, fault)
        _check_numbers(read, source, section)
        try:
            return cls.model_validate(read)
        except ValidationError as fault:
            raise InputError(f"{source}: {_sentence(cls, fault, section)}") from None

    @classmethod
    def parts(cls, content: Plain) -> SimpleNamespace:
        """Some of the fields, typed; access to any other raises AttributeError instead of giving its default."""
        fields = {name: cls.model_fields[name] for name in content}
        kinds: dict[str, Any] = {name: Annotated[field.annotation, field] for name, field in fields.items()}
        return SimpleNamespace(**{name: TypeAdapter(kinds[name]).validate_python(content[name]) for name in content})

    def but(self, **changes: Any) -> Self:
        """A copy with changed fields, which are not validated."""
        return self.model_copy(update=changes)

    def plain(self) -> dict[str, Any]:
        """The settings as mappings, lists and numbers, for digests and files."""
        return json.loads(json.dumps(self.model_dump(by_alias=True, warnings=False)))


def merged(settings: Plain, changes: Plain) -> dict[str, Any]:
    """Settings with changes, also of nested keys."""
    found = dict(settings)
    for key, value in changes.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return found


# Integers in fields of real numbers stay integers: settings are saved and digested as written.
def _as_written(value: Any, check: Callable[[Any], Any]) -> Any:
    check(value)
    return value


AsWritten = WrapValidator(_as_written)
Many = Annotated[tuple[T, ...], Strict(False)]
Common = Field(json_schema_extra={"common": True})  # one of the keys that most users need


def _refuse_repetition(values: tuple[Any, ...]) -> tuple[Any, ...]:
    written = [repr(value) for value in values]
    if twice := [entry for entry in written if written.count(entry) > 1]:
        raise PydanticCustomError("repetition", "{entry} stands twice; leave one out.", {"entry": shown(twice[0])})
    return values


Unique = Annotated[tuple[T, ...], Strict(False), AfterValidator(_refuse_repetition)]


def _shape(value: Any) -> str:
    """The tag of the union branch that validates a value."""
    match value:
        case list() | tuple():
            return "<a list>"
        case str():
            return "<text>"
        case Mapping() | Settings():
            return "<a section>"
        case bool() | None:
            return "<neither>"
        case _:
            return "<a number>"


ByShape = Discriminator(_shape)
AList, AText, ANumber, ASection = Tag("<a list>"), Tag("<text>"), Tag("<a number>"), Tag("<a section>")


@dataclass(frozen=True)
class Written:
    """A text that must match a pattern.

    Attributes:
        pattern: regular expression for the whole text.
        rule: the pattern in words, for messages.
    """

    pattern: str
    rule: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """For validation."""

        def check(text: str) -> str:
            if not re.fullmatch(self.pattern, text):
                raise PydanticCustomError("written", "{rule}", {"rule": self.rule})
            return text

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """For the JSON schema."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True, eq=False)
class NameIn:
    """A name in a registry, also of an entry that is added later.

    Attributes:
        registry: the registry, or its names.
    """

    registry: Collection[str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """For validation."""

        def check(name: str) -> str:
            if name not in self.registry:
                raise PydanticCustomError("name", "unknown", {"options": list(self.registry)})
            return name

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """For the JSON schema."""
        return {**handler(schema), "enum": list(self.registry)}


# Ranges that many settings share.
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Steps = Annotated[int, Field(ge=1, le=10_000_000)]
Seed = Annotated[int, Field(ge=0, le=4_294_967_295)]
Positive = Annotated[float, Field(gt=0), AsWritten]
NotNegative = Annotated[float, Field(ge=0), AsWritten]
Share = Annotated[float, Field(gt=0, lt=1), AsWritten]  # a proper part
Number = Annotated[float, AsWritten]

# Texts that become part of file names, paths and addresses.
Name = Annotated[
    str,
    Written(
        "[A-Za-z][A-Za-z0-9_-]{0,63}",
        "a name has letters, digits, '_' and '-', and starts with a letter, as it becomes part of file names",
    ),
]
RUN_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
RunName = Annotated[
    str, Written(RUN_NAME, "a run's name has letters, digits, '_' and '-', at most 64, as it becomes that of a folder")
]
FilePath = Annotated[
    str, Field(max_length=1024), Written(r"[^\x00-\x1f\x7f]+", "a path is one line of characters that can be shown")
]
Url = Annotated[
    str,
    Field(max_length=1024),
    Written(r"(https?|ftp|file)://[^\x00-\x20\x7f]+", "a url begins with http, https, ftp or file"),
]
Sha256 = Annotated[str, Written("[0-9a-f]{64}", "a checksum has 64 hexadecimal digits in small letters")]

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "dict": "a section",
    "model": "a section",
    "mapping": "a section",
}
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


def _sentence(cls: type[Settings], fault: ValidationError, section: str) -> str:
    """One error message with key, fault and fix: of several faults, that of the shortest path of keys."""
    error = min(fault.errors(include_url=False), key=lambda e: (_is_of_items(e), len(_keys(e["loc"]))))
    place, kind, found, context = _keys(error["loc"]), error["type"], error["input"], error.get("ctx", {})
    inner = place[:-1] if kind in ("extra_forbidden", "invalid_key", "missing") else place
    key = shown(".".join([section, *inner] if section else inner))
    at = f"{key}: " if key else ""
    bound = next((name for name in _BOUNDS if name in context), "")
    match kind:
        case "extra_forbidden" | "invalid_key":
            return at + unknown("key", place[-1], _fields(cls, place[:-1]))
        case "missing":
            return f"{at}the key '{place[-1]}' is missing; add it."
        case "literal_error":
            return at + unknown("value", found, re.findall(r"'([^']*)'", context["expected"]))
        case "name":
            return at + unknown("value", found, context["options"])
        case "written":
            return f"{at}'{shown(found)}' cannot be used; {context['rule']}."
        case "union_tag_invalid":
            allowed = re.findall("<([^>]*)>", context["expected_tags"])
            return f"{at}{_SHORT.repr(found)} is not {' or '.join(allowed)}; change it."
        case "string_too_long" | "too_long":
            return f"{at}{len(found)} is too long; {context['max_length']} is the most, so shorten it."
        case "string_too_short" | "too_short":
            return f"{at}{_SHORT.repr(found)} is too short; give at least {context['min_length']}."
        case "repetition":
            return f"{at}{error['msg']}"
        case _ if bound:
            return f"{at}{_SHORT.repr(found)} is out of range; it must be {_BOUNDS[bound]} {_plain(context[bound])}."
        case "string_type" if isinstance(found, bool):
            return f"{at}{found} is not text; YAML reads yes, no, on and off as true or false, so put them in quotes."
        case "string_type" if error["loc"][-1:] == ("[key]",):
            return f"{at}{_SHORT.repr(found)} is not text; use a name that starts with a letter."
        case _ if (word := kind.split("_")[0]) in _KINDS:
            return f"{at}{_SHORT.repr(found)} is not {_KINDS[word]}; change it."
        case _:
            return f"{at}{shown(error['msg'])}; change it."


_NUMBER = re.compile(r"[-+]?(\d+|(\d+\.\d*|\.?\d+)([eE][-+]?\d+)?)")
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NUMERIC = ("int_type", "float_type", "union_tag_invalid")


def _read_texts(content: Any, fault: ValidationError) -> Any:
    """The content with texts replaced by the numbers, booleans and nulls that are wanted instead."""
    for error in fault.errors(include_url=False, include_context=False):
        kind, text, place = error["type"], error["input"], error["loc"]
        if not isinstance(text, str) or len(text) > _MOST_LETTERS:
            continue
        if text in ("null", "~") and kind != "string_type":
            content = _with(content, place, None)
        elif kind == "bool_type" and text.lower() in _BOOLEANS:
            content = _with(content, place, _BOOLEANS[text.lower()])
        elif _NUMBER.fullmatch(text) and (kind in _NUMERIC or place[-1:] == ("<text>",)):
            number = int(text) if text.lstrip("+-").isdecimal() else float(text)
            whole = kind == "int_type" and float(number).is_integer()  # such as 1e3
            content = _with(content, place, int(number) if whole else number)
    return content


def _with(content: Any, place: tuple[int | str, ...], value: Any) -> Any:
    """A copy of nested mappings and lists with another value at a place, whose tags of union branches are ignored."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(content, Mapping) and key in content:
        return {**content, key: _with(content[key], rest, value)}
    if isinstance(content, list | tuple) and isinstance(key, int) and key < len(content):
        return [*content[:key], _with(content[key], rest, value), *content[key + 1 :]]
    return _with(content, rest, value)


def _is_of_items(error: ErrorDetails) -> bool:
    """Whether pydantic reports a list as too short only because it dropped invalid items."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _plain(number: float) -> str:
    """A bound as text, whole numbers without a decimal point."""
    return str(int(number)) if number == int(number) else str(number)


def _keys(place: tuple[int | str, ...]) -> list[str]:
    """The path of keys to a fault, without tags of union branches and without an invalid key."""
    outer = place[:-2] if place[-1:] == ("[key]",) else place
    return [str(part) for part in outer if not re.fullmatch(r"<[\w ]+>", str(part))]


def _fields(annotation: Any, keys: list[str]) -> list[str]:
    """The allowed keys of an inner section.

    Args:
        annotation: of the outer section.
        keys: the path to the inner section.
    """
    for inner in _sections(annotation):
        fields = {field.alias or name: field.annotation for name, field in inner.model_fields.items()}
        if not keys:
            return list(fields)
        if keys[0] in fields:
            return _fields(fields[keys[0]], keys[1:])
    return _fields(get_args(annotation)[1], keys[1:]) if get_origin(annotation) is dict else []


def _sections(annotation: Any) -> Iterator[type[Settings]]:
    """The classes of settings in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated):
        for inner in get_args(annotation):
            yield from _sections(inner)


def _check_numbers(content: Any, source: str, section: str) -> None:
    """Refuse infinite and very large numbers."""
    for key, number in _numbers(content, section):
        if not math.isfinite(number):
            raise InputError(f"{source}: {key}: '{number}' is not a number; change it.")
        if isinstance(number, int) and abs(number) > _LARGEST:
            raise InputError(f"{source}: {key}: {_SHORT.repr(number)} is out of range; lower it.")


def _numbers(content: Any, key: str = "") -> Iterator[tuple[str, int | float]]:
    """All numbers in a section, each with its path of keys."""
    if isinstance(content, int | float):
        yield key, content
    elif isinstance(content, Mapping | list):
        entries = content.items() if isinstance(content, Mapping) else enumerate(content)
        for name, value in entries:
            yield from _numbers(value, f"{key}.{shown(name)}" if key else shown(name))
