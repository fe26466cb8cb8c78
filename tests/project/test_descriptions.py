"""The JSON schemas and the generated pages are those of the classes and of the registries."""

import importlib.util
import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.conftest import ROOT
from weightflow.config.settings import Configuration
from weightflow.dynamics.settings import ModelSettings
from weightflow.networks.registry import BACKBONES

_spec = importlib.util.spec_from_file_location("describe", ROOT / "workflow" / "schemas" / "describe.py")
describe = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(describe)


@pytest.fixture(scope="module")
def validate():
    """Faults of a file's content by the JSON schema of a name."""

    def faults(name: str, content: dict) -> list[str]:
        schema = yaml.safe_load((ROOT / "workflow" / "schemas" / f"{name}.schema.yaml").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        return [error.message for error in Draft202012Validator(schema).iter_errors(content)]

    return faults


def test_schemas_and_pages_are_those_of_the_classes():
    made = describe.files()
    assert {str(path.relative_to(ROOT)) for path in made} == {
        *(f"workflow/schemas/{name}.schema.yaml" for name in ("config", "system", "tasks")),
        *("config/README.md", "resources/systems/README.md"),
        *(f"docs/reference/{name}.md" for name in ("metrics", "baselines", "figures")),
    }
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, "run make docs"


def test_shipped_files_keep_to_the_schemas(validate):
    default = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    for path in (ROOT / "config").glob("*.yaml"):
        content = {"datasets": default["datasets"]} | yaml.safe_load(path.read_text(encoding="utf-8"))
        assert validate("config", content) == [], path.name
    for path in (ROOT / "resources" / "systems").glob("*.yaml"):
        assert validate("system", yaml.safe_load(path.read_text(encoding="utf-8"))) == [], path.name
    assert validate("tasks", yaml.safe_load((ROOT / "resources" / "tasks.yaml").read_text(encoding="utf-8"))) == []


SOURCE = {"file": "a.zip", "url": "https://example.org/a.zip", "sha256": "0" * 64}
TASK = {"title": "Mine", "format": "folders", "shape": [3, 4, 4], "classes": 2, "files": {"archive": SOURCE}}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config", {}),
        ("config", {"datasets": {"d": {"sistem": "epidemic"}}}),
        ("config", {"datasets": {"a/b": {"system": "epidemic"}}}),
        ("config", {"datasets": {"d": {}}, "models": {"m": {"backbone": {"kind": "gro"}}}}),
        ("config", {"datasets": {"d": {}}, "models": {"m": {"backbone": {"hidden": []}}}}),
        ("config", {"datasets": {"d": {}}, "sead": [1]}),
        ("system", {"kind": "sbml", "grid": {"points": 3, "step": 1}}),
        ("tasks", {"a": TASK | {"classes": 1}}),
        ("tasks", {"a": TASK | {"files": {"archive": SOURCE | {"file": "../a"}}}}),
    ],
)
def test_what_is_misspelt_or_out_of_range_is_refused(validate, name, content):
    assert validate(name, content)


def test_ten_keys_come_first():
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    first, further = re.split("^## ", page, flags=re.MULTILINE)[1:3]
    assert first.startswith("The ten keys that most users need\n")
    found = re.findall(r"^\| `(\S+)` \|", first, re.MULTILINE)
    assert len(found) == len(set(found)) == 10
    assert {"seeds", "datasets.NAME.file", "models.NAME.dynamics.kind", "prediction.times"} < set(found)
    assert further.startswith("Top level\n")


def test_every_key_is_on_the_page_once():
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\S+)$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    for title, cls in (("models.NAME", ModelSettings), ("models.NAME.backbone", ModelSettings().backbone.__class__)):
        assert re.findall(r"^\| `(\S+)` \|", sections[title], re.MULTILINE) == list(cls.model_fields)
    assert len(sections) == len(describe.classes(Configuration)) - 1  # beside the top level


def test_names_of_a_registry_are_told_with_what_they_are():
    told = describe.descriptions(ModelSettings().backbone.__class__)["kind"]
    assert all(f" {name}: {own.description}." in told for name, own in BACKBONES.items())
    assert all(name in describe.descriptions(Configuration)["baselines"] for name in ("previous: The last", "ot_cfm: "))


def test_every_task_is_named(validate):
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    row, _ = re.findall(r"^\| `task` \|.*$", page, re.MULTILINE)  # of a population, of its fine-tuning
    assert all(f"`{name}`" in row and f" {name}: {text}." in row for name, text in describe.NAMES["tasks"].items())
    assert {"iris", "mnist", "snapshot"} < describe.NAMES["tasks"].keys()
    config = {"datasets": {"d": {"system": "epidemic"}}}
    assert not validate("config", config | {"populations": {"p": {"task": "mnist"}}})
    assert validate("config", config | {"populations": {"p": {"task": "mnits"}}})


def test_a_config_starts_with_what_it_runs(tmp_path):
    (tmp_path / "a.yaml").write_text("seeds: [1]\n")
    with pytest.raises(ValueError, match="the first line must be a comment"):
        describe.configuration_page([tmp_path / "a.yaml"])
