"""Tables of benchmark results."""

import json

import pytest

from weightflow.errors import InputError
from weightflow.records.bench import fulfils, read_measurements

MACHINE = {"processor": "Some CPU", "cores": 2, "memory_gb": 8, "card": "", "python": "3.11", "torch": "2.13"}
GROWN = {"stage": "anchors", "axis": "variables d", "sizes": [3, 15], "seconds": [0.1, 0.4]}
CASES = [
    {
        "case": "speed",
        "measured": [{"what": "a step", "value": 5.0, "unit": "×", "target": "≥ 4", "repeats": [5.0], "detail": {}}],
        "peak_mb": 100,
    },
    {
        "case": "scaling",
        "measured": [{"what": "growth", "value": 1.2, "unit": "", "target": "≤ 1.1", "repeats": [], "detail": GROWN}],
        "peak_mb": 200,
    },
]


@pytest.fixture
def measured(tmp_path):
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps({"machine": MACHINE, "cases": CASES}))
    return read_measurements(path)


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [(12, "≤ 12", True), (12.1, "≤ 12", False), (4, "≥ 4", True), (3.9, "≥ 4", False), (1, "", None)],
)
def test_a_value_keeps_to_its_target_or_does_not(value, target, met):
    assert fulfils(value, target) is met


def test_every_number_is_a_row(measured):
    assert measured.numbers["met"].tolist() == [True, False]
    assert measured.numbers["case"].tolist() == ["speed", "scaling"]


def test_growth_is_a_row_for_every_size(measured):
    assert measured.growth.to_dict("list") == {
        "stage": ["anchors"] * 2,
        "axis": ["variables d"] * 2,
        "size": [3, 15],
        "seconds": [0.1, 0.4],
        "exponent": [1.2, 1.2],
    }


def test_the_machine_is_named(measured):
    assert measured.machine == "Some CPU, 2 cores, 8 GiB; Python 3.11, torch 2.13"


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "benchmarks.json"
    path.write_text('{"machine": {}}')
    with pytest.raises(InputError, match="holds no measurements"):
        read_measurements(path)
