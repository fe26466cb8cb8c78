"""Registries: light to import, with entries that load, and with settings that there are."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

import pytest

from weightflow.baselines.registry import BASELINES, FLOORS
from weightflow.dynamics.registry import LOSS_TERMS
from weightflow.dynamics.settings import TrainingSettings
from weightflow.networks.registry import BACKBONES
from weightflow.networks.settings import BackboneSettings
from weightflow.plots import style
from weightflow.populations.architectures.registry import ARCHITECTURES
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.autoencoders.registry import QUERIES
from weightflow.populations.autoencoders.settings import QuerySettings
from weightflow.records.digests import LIBRARY
from weightflow.registry import Lazy
from weightflow.teaching.registry import MEMBERS
from weightflow.teaching.settings import TeacherSettings

MODULES = [
    ".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts)
    for path in sorted(LIBRARY.rglob("registry.py"))
    if path.parent != LIBRARY
]
HEAVY = ("torch", "numpy", "scipy", "pandas", "sklearn", "matplotlib")


def tables() -> Iterator[tuple[str, str, Any]]:
    """(table, name, entry) of all entries of all registries."""
    for module in MODULES:
        for table, content in vars(import_module(module)).items():
            if table.isupper() and isinstance(content, dict):
                yield from ((f"{module}.{table}", name, entry) for name, entry in content.items())


ENTRIES = list(tables())
LAZY = [
    pytest.param(getattr(entry, field.name), id=f"{table.removeprefix('weightflow.')}[{name}].{field.name}")
    for table, name, entry in ENTRIES
    for field in fields(entry)
    if isinstance(getattr(entry, field.name), Lazy)
]


def test_registries_are_light():
    code = f"import sys\nfor name in {MODULES}: __import__(name)\nprint(sorted(set({HEAVY}) & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=LIBRARY.parent, capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("lazy", LAZY)
def test_an_entry_loads_what_it_names(lazy):
    assert callable(lazy.load())


def test_entries_are_frozen_and_described_in_one_line():
    for table, name, entry in ENTRIES:
        assert is_dataclass(entry), (table, name)
        assert type(entry).__dataclass_params__.frozen, (table, name)
        assert "\n" not in getattr(entry, "description", ""), (table, name)


@pytest.mark.parametrize(
    ("known", "settings"),
    [
        ({key for own in BACKBONES.values() for key in own.keys}, BackboneSettings),
        ({key for own in ARCHITECTURES.values() for key in own.keys}, ArchitectureSettings),
        ({f"{key}s" for own in MEMBERS.values() for key in own.settings}, TeacherSettings),
        (set(LOSS_TERMS) - {"roughness"}, TrainingSettings),  # the roughness is chosen with the spline's
    ],
    ids=["backbones", "architectures", "members", "terms of the loss"],
)
def test_settings_that_entries_name_are_settings(known, settings):
    assert known <= set(settings.model_fields)


def test_queries_that_are_the_default_are_known():
    assert set(QuerySettings().sources) <= set(QUERIES)


def test_every_baseline_and_floor_has_a_line_of_its_own():
    drawn = style.lines([*BASELINES, *FLOORS])
    looks = [(line.color, line.linestyle, line.marker) for line in drawn.values()]
    assert len({line.label for line in drawn.values()}) == len(set(looks)) == len(drawn)
