"""What `make bench` measured on a machine, as tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from weightflow.errors import InputError
from weightflow.storage import read_json


@dataclass(frozen=True)
class Measurements:
    """All that was measured.

    Attributes:
        machine: in words.
        numbers: table case, measured, value, unit, target, met (None without a target), peak_mb (of the case).
        growth: table stage, axis, size, seconds, exponent: running times of stages at sizes along an axis, and the
            exponent of the power law through the larger sizes.
    """

    machine: str
    numbers: pd.DataFrame
    growth: pd.DataFrame


def read_measurements(path: str | Path) -> Measurements:
    """Read the JSON file that `benchmarks/run.py` writes.

    Raises:
        InputError: the file holds something else.
    """
    found = read_json(path)
    try:
        return measurements(found["machine"], found["cases"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: holds no measurements; delete it, or run make bench again.") from error


def measurements(machine: Mapping[str, Any], cases: list[Mapping[str, Any]]) -> Measurements:
    """Tables of what cases measured on a machine, as the JSON file holds both."""
    numbers, growth = [], []
    for case in cases:
        for one in case["measured"]:
            met = fulfils(one["value"], one["target"])
            row = (case["case"], one["what"], one["value"], one["unit"], one["target"], met, case["peak_mb"])
            numbers.append(row)
            if "axis" in one["detail"]:
                grown = one["detail"]
                points = zip(grown["sizes"], grown["seconds"], strict=True)
                growth += [(grown["stage"], grown["axis"], size, took, one["value"]) for size, took in points]
    parts = [machine["processor"], f"{machine['cores']} cores", f"{machine['memory_gb']} GiB", machine["card"]]
    return Measurements(
        f"{', '.join(filter(None, parts))}; Python {machine['python']}, torch {machine['torch']}",
        pd.DataFrame(numbers, columns=["case", "measured", "value", "unit", "target", "met", "peak_mb"]),
        pd.DataFrame(growth, columns=["stage", "axis", "size", "seconds", "exponent"]),
    )


def fulfils(value: float, target: str) -> bool | None:
    """Whether a value meets a target such as `≤ 12`; None without a target."""
    if not target:
        return None
    sign, bound = target.split()
    return value <= float(bound) if sign == "≤" else value >= float(bound)
