"""One sentence for everything that breaks a schema."""

import pytest

from weightflow.errors import InputError
from weightflow.schema import check_schema, unknown

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["rate"],
    "properties": {
        "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 5},
        "kind": {"enum": ["slow", "fast"]},
        "name": {"type": "string", "pattern": "^[a-z]+$", "description": "Small letters."},
        "inner": {"type": "array", "items": {"type": "integer"}},
    },
}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, "the key 'rate' is missing; add it."),
        ({"rate": 0}, "rate: 0 is out of range; it must be more than 0."),
        ({"rate": 6}, "rate: 6 is out of range; it must be at most 5."),
        ({"rate": "1"}, "rate: '1' is not of type number; change it."),
        ({"rate": 1, "knid": "slow"}, "unknown key 'knid'; did you mean 'kind'? allowed: rate, kind, name, inner."),
        ({"rate": 1, "kind": "slwo"}, "kind: unknown value 'slwo'; did you mean 'slow'? allowed: slow, fast."),
        ({"rate": 1, "name": "A"}, "name: 'A' cannot be used; small letters."),
        ({"rate": 1, "inner": [1, "2"]}, "inner.1: '2' is not of type integer; change it."),
    ],
)
def test_a_fault_is_one_sentence_with_source_and_key(content, sentence):
    with pytest.raises(InputError) as refusal:
        check_schema(content, SCHEMA, "my.yaml")
    assert str(refusal.value) == f"my.yaml: {sentence}"


def test_what_keeps_to_the_schema_passes():
    check_schema({"rate": 5, "kind": "fast", "inner": [1]}, SCHEMA, "my.yaml")


def test_an_unknown_name_unlike_any_other_is_told_all_of_them():
    assert unknown("model", "z", ["one", "two"]) == "unknown model 'z'; allowed: one, two."
