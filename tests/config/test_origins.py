"""The one source that an error sentence about merged settings names."""

import pytest

from weightflow.config.origins import with_origin

BOTH = "a.yaml, b.yaml"
GIVEN = {
    "a.yaml": {"seeds": [0], "datasets": {"mine": {"file": "x.csv", "staets": 3}}},
    "b.yaml": {"datasets": {"mine": {"states": 4}}, "models": {"m": {}}},
    "--config": {"seeds": ["x", "y"]},
}


@pytest.mark.parametrize(
    ("rest", "origin"),
    [
        ("seeds.1: 'y' is not a whole number; change it.", "--config"),
        ("datasets.mine.file: there is no file x.csv; check the path.", "a.yaml"),
        ("datasets.mine.states is 4, and S in epidemic is 9; raise it.", "b.yaml"),
        ("datasets.mine: unknown key 'staets'; did you mean 'states'?", "a.yaml"),
        ("unknown key 'models'; did you mean 'model'?", "b.yaml"),
        ("models.m.spline.steps: 0 is out of range.", "b.yaml"),
        ("baselines: a value that no source gives.", BOTH),
    ],
)
def test_the_source_that_gives_the_key_is_named(rest, origin):
    assert with_origin(f"{BOTH}: {rest}", BOTH, GIVEN) == f"{origin}: {rest}"


def test_a_sentence_about_another_file_stays():
    assert with_origin("own.yaml: species: too many.", BOTH, GIVEN) == "own.yaml: species: too many."
