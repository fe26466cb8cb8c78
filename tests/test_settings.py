"""Typed settings: what is accepted, how it is kept, and one sentence for each fault."""

import datetime
from typing import Annotated, Literal

import pytest
from pydantic import Field

from weightflow.errors import InputError, unknown
from weightflow.settings import (
    AList,
    ANumber,
    ASection,
    AsWritten,
    AText,
    ByShape,
    Count,
    FilePath,
    Many,
    Name,
    NameIn,
    NotNegative,
    Positive,
    Seed,
    Settings,
    Sha256,
    Share,
    Unique,
    Url,
    Written,
)

KINDS = {"slow": None, "fast": None}


class Inner(Settings):
    """A section."""

    size: Count = 2
    """Its size."""
    weight: NotNegative = 0
    """Its weight."""


class Example(Settings):
    """Settings of every form."""

    rate: Annotated[float, Field(gt=0, le=5), AsWritten]
    kind: Annotated[str, NameIn(KINDS)] = "slow"
    mode: Literal["one", "two"] = "one"
    name: Annotated[str, Written("[a-z]+", "a name has small letters")] = "a"
    flag: bool = False
    whole: Many[int] = ()
    unique: Annotated[Unique[Count], Field(min_length=1, max_length=3)] = (1,)
    inner: Inner = Inner()
    by_name: dict[Name, Inner] = Field({})
    nested: dict[Name, dict[Name, Inner]] = Field({})
    either: Annotated[
        Annotated[NotNegative, ANumber] | Annotated[Many[NotNegative], AList] | Annotated[Literal["own"], AText],
        ByShape,
    ] = 1
    section: Annotated[Annotated[Inner, ASection] | Annotated[Seed, ANumber], ByShape] | None = None
    sources: Annotated[tuple[str, ...], Field(alias="from", strict=False)] = ()


ALLOWED = "rate, kind, mode, name, flag, whole, unique, inner, by_name, nested, either, section, from"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, "the key 'rate' is missing; add it."),
        ({"rate": 0}, "rate: 0 is out of range; it must be more than 0."),
        ({"rate": 6}, "rate: 6 is out of range; it must be at most 5."),
        ({"rate": "one"}, "rate: 'one' is not a number; change it."),
        ({"rate": "1e-2.5"}, "rate: '1e-2.5' is not a number; change it."),
        ({"rate": "0"}, "rate: 0 is out of range; it must be more than 0."),
        ({"rate": "1e999"}, "rate: 'inf' is not a number; change it."),
        ({"rate": "9" * 30}, f"rate: {'9' * 30} is out of range; lower it."),
        ({"rate": "9" * 5000}, "rate: '999"),
        ({"rate": None}, "rate: None is not a number; change it."),
        ({"rate": True}, "rate: True is not a number; change it."),
        ({"rate": float("nan")}, "rate: 'nan' is not a number; change it."),
        ({"rate": 10**30}, f"rate: {10**30} is out of range; lower it."),
        ({"rate": 1, "knid": "slow"}, f"unknown key 'knid'; did you mean 'kind'? allowed: {ALLOWED}."),
        ({"rate": 1, 3: 4}, f"unknown key '3'; allowed: {ALLOWED}."),
        ({"rate": 1, "kind": "slwo"}, "kind: unknown value 'slwo'; did you mean 'slow'? allowed: slow, fast."),
        ({"rate": 1, "mode": "on"}, "mode: unknown value 'on'; did you mean 'one'? allowed: one, two."),
        ({"rate": 1, "mode": ["one"]}, "mode: unknown value '['one']'; did you mean 'one'? allowed: one, two."),
        ({"rate": 1, "kind": 3}, "kind: 3 is not text; change it."),
        ({"rate": 1, "kind": "3"}, "kind: unknown value '3'; allowed: slow, fast."),
        (
            {"rate": 1, "kind": False},
            "kind: False is not text; YAML reads yes, no, on and off as true or false, so put",
        ),
        ({"rate": 1, "name": "A"}, "name: 'A' cannot be used; a name has small letters."),
        ({"rate": 1, "name": "a\n"}, "name: 'a' cannot be used; a name has small letters."),
        ({"rate": 1, "flag": 1}, "flag: 1 is not true or false; change it."),
        ({"rate": 1, "whole": [1, "2.5"]}, "whole.1: 2.5 is not a whole number; change it."),
        ({"rate": 1, "flag": "maybe"}, "flag: 'maybe' is not true or false; change it."),
        ({"rate": 1, "whole": [1, 2.5]}, "whole.1: 2.5 is not a whole number; change it."),
        ({"rate": 1, "whole": 3}, "whole: 3 is not a list; change it."),
        ({"rate": 1, "whole": "12"}, "whole: '12' is not a list; change it."),
        ({"rate": 1, "unique": [1, 1]}, "unique: 1 stands twice; leave one out."),
        ({"rate": 1, "unique": []}, "unique: [] is too short; give at least 1."),
        ({"rate": 1, "unique": [1, 2, 3, 4]}, "unique: 4 is too long; 3 is the most, so shorten it."),
        ({"rate": 1, "unique": [0]}, "unique.0: 0 is out of range; it must be at least 1."),
        ({"rate": 1, "unique": [1, "x", 2]}, "unique.1: 'x' is not a whole number; change it."),
        ({"rate": 1, "inner": {"sise": 1}}, "inner: unknown key 'sise'; did you mean 'size'? allowed: size, weight."),
        ({"rate": 1, "inner": 3}, "inner: 3 is not a section; change it."),
        ({"rate": 1, "inner": None}, "inner: None is not a section; change it."),
        ({"rate": 1, "inner": {"size": 0}}, "inner.size: 0 is out of range; it must be at least 1."),
        ({"rate": 1, "inner": {"weight": [float("inf")]}}, "inner.weight.0: 'inf' is not a number; change it."),
        (
            {"rate": 1, "by_name": {"a": {"siz": 1}}},
            "by_name.a: unknown key 'siz'; did you mean 'size'? allowed: size, ",
        ),
        ({"rate": 1, "by_name": {"a/b": {}}}, "by_name: 'a/b' cannot be used; a name has letters, digits, '_' and '-'"),
        ({"rate": 1, "by_name": {2024: {}}}, "by_name: 2024 is not text; use a name that starts with a letter."),
        ({"rate": 1, "by_name": {False: {}}}, "by_name: False is not text; YAML reads yes, no, on and off as true or"),
        ({"rate": 1, "by_name": []}, "by_name: [] is not a section; change it."),
        ({"rate": 1, "nested": {"a": {"b": {"siz": 1}}}}, "nested.a.b: unknown key 'siz'; did you mean 'size'?"),
        ({"rate": 1, "either": -1}, "either: -1 is out of range; it must be at least 0."),
        ({"rate": 1, "either": [1, -1]}, "either.1: -1 is out of range; it must be at least 0."),
        ({"rate": 1, "either": "high"}, "either: unknown value 'high'; allowed: own."),
        ({"rate": 1, "either": {}}, "either: {} is not a number or a list or text; change it."),
        ({"rate": 1, "either": None}, "either: None is not a number or a list or text; change it."),
        ({"rate": 1, "section": {"siz": 1}}, "section: unknown key 'siz'; did you mean 'size'? allowed: size, weight."),
        ({"rate": 1, "section": "x"}, "section: 'x' is not a section or a number; change it."),
        ({"rate": 1, "from": 3}, "from: 3 is not a list; change it."),
        ({"rate": 1, "sources": ["x"]}, f"unknown key 'sources'; allowed: {ALLOWED}."),
        ({"rate": datetime.date(2024, 1, 2)}, "rate: datetime.date(2024, 1, 2) is not a number; change it."),
        ({"rate": 0, "inner": {"size": 0, "sise": 1}}, "rate: 0 is out of range"),
        ([1], "[1] is not a section; change it."),
        (None, "None is not a section; change it."),
    ],
)
def test_a_fault_is_one_sentence_with_source_and_key(refused, content, sentence):
    with pytest.raises(InputError) as refusal:
        Example.of(content, "my.yaml")
    assert str(refusal.value).startswith(f"my.yaml: {sentence}")
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


def test_a_section_of_a_file_is_named_with_its_keys(refused):
    with refused(r"^my\.yaml: models\.a\.inner\.size: 0 is out of range"):
        Example.of({"rate": 1, "inner": {"size": 0}}, "my.yaml", "models.a")
    with refused(r"^my\.yaml: models\.a\.rate: 'inf' is not a number"):
        Example.of({"rate": float("inf")}, "my.yaml", "models.a")
    with refused(r"^my\.yaml: models\.a: the key 'rate' is missing"):
        Example.of({}, "my.yaml", "models.a")


def test_defaults_fill_what_is_not_written():
    found = Example.of({"rate": 5, "by_name": {"a": {"size": 3}}}, "my.yaml")
    assert (found.kind, found.inner, found.by_name) == ("slow", Inner(), {"a": Inner(size=3)})


def test_settings_stay_as_they_are():
    found = Example(rate=1)
    with pytest.raises(ValueError, match="frozen"):
        found.rate = 2
    assert hash(Inner()) == hash(Inner(size=2))
    assert Inner() != Inner(size=3)


def test_numbers_stay_as_they_are_written():
    found = Example.of({"rate": 1, "either": [2, 0.5], "inner": {"weight": 1.0}}, "my.yaml")
    assert [type(number) for number in (found.rate, *found.either, found.inner.weight)] == [int, int, float, float]
    assert [type(value) for value in (found.plain()["rate"], found.plain()["inner"]["weight"])] == [int, float]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"rate": "1e-2"}, {"rate": 0.01}),
        ({"rate": "2"}, {"rate": 2}),
        ({"rate": 1, "whole": ["0", "1e3", "-2"]}, {"rate": 1, "whole": [0, 1000, -2]}),
        ({"rate": ".5", "inner": {"size": "3", "weight": "1E+1"}}, {"rate": 0.5, "inner": {"size": 3, "weight": 10.0}}),
        ({"rate": 1, "by_name": {"a": {"size": "3"}}}, {"rate": 1, "by_name": {"a": {"size": 3}}}),
        ({"rate": 1, "either": ["1e-1", 2]}, {"rate": 1, "either": [0.1, 2]}),
        ({"rate": 1, "either": "0.5", "section": "7"}, {"rate": 1, "either": 0.5, "section": 7}),
        ({"rate": 1, "flag": "true", "section": "null"}, {"rate": 1, "flag": True, "section": None}),
        ({"rate": 1, "from": ["1", "true", "null"]}, {"rate": 1, "from": ["1", "true", "null"]}),
    ],
)
def test_text_is_read_where_a_number_a_boolean_or_null_is_wanted(written, read):
    found, wanted = Example.of(written, "my.yaml").plain(), Example.of(read, "my.yaml").plain()
    assert found == wanted
    assert {key: type(value) for key, value in found.items()} == {key: type(value) for key, value in wanted.items()}


def test_lists_are_kept_as_tuples_and_written_as_lists():
    found = Example.of({"rate": 1, "whole": [1, 2], "from": ["x"]}, "my.yaml")
    assert (found.whole, found.sources) == ((1, 2), ("x",))
    plain = found.plain()
    assert (plain["whole"], plain["from"], "sources" in plain) == ([1, 2], ["x"], False)
    assert Example.of(plain, "my.yaml") == found


def test_a_section_may_be_given_as_an_object():
    assert Example(rate=1, inner=Inner(size=3)).inner.size == 3
    assert Example(rate=1, section=Inner(size=3)).section == Inner(size=3)


def test_changes_are_not_checked():
    found = Example(rate=1)
    assert found.but(rate=2) == Example(rate=2)
    assert found.but(inner=found.inner.but(size=0)).inner.size == 0
    assert found == Example(rate=1)


def test_parts_are_the_fields_that_are_given():
    found = Example.parts({"rate": 2, "inner": {"size": 3}, "whole": [1, 2], "by_name": {"a": {}}})
    assert (found.rate, found.inner, found.whole) == (2, Inner(size=3), (1, 2))
    assert isinstance(found.rate, int)
    assert found.by_name == {"a": Inner()}
    with pytest.raises(AttributeError):
        _ = found.kind
    with pytest.raises(KeyError):
        Example.parts({"rat": 2})


def test_a_name_that_is_registered_later_is_allowed(monkeypatch, refused):
    with refused("unknown value 'medium'; allowed: slow, fast"):
        Example.of({"rate": 1, "kind": "medium"}, "my.yaml")
    monkeypatch.setitem(KINDS, "medium", None)
    assert Example.of({"rate": 1, "kind": "medium"}, "my.yaml").kind == "medium"
    with refused("unknown value 'mediun'; did you mean 'medium'"):
        Example.of({"rate": 1, "kind": "mediun"}, "my.yaml")


class Texts(Settings):
    """Texts of every form."""

    name: Name = "a"
    path: FilePath = "a"
    url: Url = "file:///a"
    sha256: Sha256 = "0" * 64
    positive: Positive = 1
    share: Share = 0.5


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("name", ["a", "A-1_b", "x" * 64], ["", "1a", "a b", "a/b", "../a", "x" * 65, "a\n", "ä"]),
        ("path", ["my data/a.csv", "../a", "ä"], ["", "a\nb", "\x00", "x" * 1025]),
        ("url", ["http://a", "https://a/b?c", "ftp://a", "file:///a"], ["a.csv", "ssh://a", "http://", "http://a b"]),
        ("sha256", ["f" * 64], ["f" * 63, "F" * 64, "g" * 64, "f" * 64 + "\n"]),
        ("positive", [1e-300, 10**6], [0, -1, "one"]),
        ("share", [0.001, 0.999], [0, 1, -0.5]),
    ],
)
def test_texts_and_ranges_that_settings_share(refused, key, good, bad):
    for value in good:
        assert getattr(Texts.of({key: value}, "my.yaml"), key) == value
    for value in bad:
        with refused(rf"^my\.yaml: {key}: "):
            Texts.of({key: value}, "my.yaml")


def test_the_json_schema_knows_names_and_texts():
    found = Example.model_json_schema()["properties"]
    assert found["kind"]["enum"] == ["slow", "fast"]
    assert found["name"]["pattern"] == "^(?:[a-z]+)$"


def test_an_unknown_name_unlike_any_other_is_told_all_of_them():
    assert unknown("model", "z", ["one", "two"]) == "unknown model 'z'; allowed: one, two."
