"""Presets in configs and in Python."""

import yaml

from weightflow.config.settings import Configuration
from weightflow.data.state_space import Counts, Range
from weightflow.dynamics.presets import PRESETS
from weightflow.dynamics.settings import ModelSettings
from weightflow.networks.backbones import make_backbone


def test_presets_are_settings_of_models():
    assert ModelSettings.of("quick", "c").spline.steps == 600
    changed = ModelSettings.of({"preset": "quick", "spline": {"steps": 7}}, "c")
    assert (changed.spline.steps, changed.spline.knots) == (7, 1)
    assert ModelSettings.of("standard", "c") == ModelSettings.of({}, "c") == ModelSettings()
    assert ModelSettings.of(yaml.safe_load(yaml.safe_dump(changed.plain())), "c") == changed


def test_a_config_names_a_preset_by_one_word(refused):
    content = {"datasets": {"d": {"system": "epidemic"}}, "models": {"a": "quick", "b": {"preset": "thorough"}}}
    config = Configuration.of(content, "my.yaml")
    assert config.models["a"] == ModelSettings.of("quick", "c")
    assert config.models["b"].spline.steps == PRESETS["thorough"].settings["spline"]["steps"]
    for wrong in ("quik", {"preset": "quik"}):
        with refused(r"^my.yaml: models.a.*unknown value 'quik'; did you mean 'quick'\?"):
            Configuration.of(content | {"models": {"a": wrong}}, "my.yaml")


def test_the_published_network_has_the_paper_s_sizes():
    backbone = make_backbone(
        ModelSettings.of("published", "c").backbone, ["S", "I", "R"], Counts.of([Range(60, largest=51)])
    )
    assert sum(layer.weights for layer in backbone.layers) == 852
    assert sum(layer.neurons for layer in backbone.layers) == 100
