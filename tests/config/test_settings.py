"""A configuration: its shipped files, and what holds for every class of its settings."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.project.test_descriptions import describe
from weightflow.baselines.registry import standard_baselines
from weightflow.config.settings import Configuration
from weightflow.dynamics.settings import ModelSettings
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.catalogue import TaskEntry
from weightflow.settings import Settings
from weightflow.systems.entries import KINDS, SystemFile

CLASSES = list(dict.fromkeys(chain(*map(describe.classes, (Configuration, SystemFile, TaskEntry)))))
UNBOUNDED = (
    "times",
    "time",
    "poisson",
    "propensity",
    "rate",
    "fitness",
    "parameters",
    "initial",
    "observe_at",
    "drift",
    "noise",
    "division",
    "death",
    "mean",
    "start",
)  # any number is allowed


def keys(cls: type[Settings]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, schema) of every key of a class."""
    return iter(describe.json_schema(cls).get("properties", {}).items())


def numbers(node: Any, kinds: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Schemas of the numbers that a key may hold, itself or within."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and node.get("type") in kinds:
        yield node
    for inner in inside:
        yield from numbers(inner, kinds)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_key_is_described_and_has_a_range(cls):
    assert cls.__doc__ != Settings.__doc__
    assert describe.descriptions(cls).keys() == cls.model_fields.keys()
    starts = {"minimum", "exclusiveMinimum"}
    found = [(name, own) for name, node in keys(cls) for own in numbers(node, ("integer", "number"))]
    assert {name for name, own in found if not starts & own.keys()} <= set(UNBOUNDED)


def test_no_count_of_a_model_or_population_is_without_an_end():
    """Counts of data sets end with the data."""
    found = [
        (cls, name, node)
        for part in (ModelSettings, PopulationSettings)
        for cls in describe.classes(part)
        for name, own in keys(cls)
        for node in numbers(own, ("integer",))
    ]
    assert len(found) > 50
    assert [(cls, name) for cls, name, node in found if "maximum" not in node and name != "seed"] == []


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_no_section_takes_unknown_keys_or_converts_or_changes(cls):
    assert {key: cls.model_config.get(key) for key in ("extra", "strict", "frozen")} == {
        "extra": "forbid",
        "strict": True,
        "frozen": True,
    }


@pytest.mark.filterwarnings("ignore:The 'alias' attribute")  # which a single field cannot have
@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_default_is_allowed(cls):
    given = {name: field.default for name, field in cls.model_fields.items() if not field.is_required()}
    assert vars(cls.parts(given)) == given


SHIPPED = sorted((ROOT / "config").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_configs_are_accepted_and_kept_as_they_are(path):
    assert len(SHIPPED) > 10
    default = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    content = {"datasets": default["datasets"]} | yaml.safe_load(path.read_text(encoding="utf-8"))  # as a change of it
    whole = Configuration.of(content, path.name)
    assert Configuration.of(whole.plain(), path.name) == whole
    assert list(differences(content, whole.plain())) == []


def differences(written: Any, kept: Any, at: str = "") -> Iterator[str]:
    """Keys whose values are not kept as they were written."""
    if isinstance(written, dict):
        for key, value in written.items():
            yield from differences(value, kept[key], f"{at}.{key}")
    elif isinstance(written, list) and len(written) == len(kept):
        for place, (value, own) in enumerate(zip(written, kept, strict=True)):
            yield from differences(value, own, f"{at}.{place}")
    elif repr(written) != repr(kept):
        yield at


def test_the_default_models_are_the_standard_one_and_the_papers():
    models = Configuration(datasets={"d": {"system": "epidemic"}}).models
    assert models["weightflow"] == ModelSettings()
    for kind in ("cde", "ode"):
        own = models[f"weightflow_{kind}"]
        assert (own.dynamics.kind, own.anchors.alignment, own.backbone.position) == (kind, "sequential", False)
        assert own.but(**{name: getattr(ModelSettings(), name) for name in ("dynamics", "anchors", "backbone")}) == (
            ModelSettings()
        )


def test_the_standard_baselines_are_those_that_the_page_names():
    text = describe.descriptions(Configuration)["baselines"]
    assert f"null takes {listed(standard_baselines(False))}, or, if" in text
    assert f"times back, {listed(standard_baselines(True))}." in text


def listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def test_a_system_file_says_its_kind():
    assert {name: cls.model_fields["kind"].annotation.__args__ for name, cls in KINDS.items()} == {
        name: (name,) for name in KINDS
    }
