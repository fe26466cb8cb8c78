"""Presets are settings by one word, and a user's keys win over them."""

import pytest

from weightflow.populations.autoencoders.presets import PRESETS, STANDARD
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.settings import merged

DEFAULTS = AutoencoderSettings().plain()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_changes_its_keys_alone(name):
    found = AutoencoderSettings.of({"preset": name}, "my.yaml").plain()
    assert found == merged(DEFAULTS, PRESETS[name]) | {"preset": name}


def test_the_standard_is_the_defaults():
    assert PRESETS[STANDARD] == {}
    assert AutoencoderSettings.of({"preset": STANDARD}, "my.yaml") == AutoencoderSettings()


def test_the_published_choices():
    found = AutoencoderSettings.of({"preset": "published"}, "my.yaml")
    assert (found.codes, found.latent, found.views, found.contrastive) == ("tokens", 64, "reconstructed", 0.05)
    assert (found.units, found.outputs) == ("first", "logits")
    assert (found.queries.sources, found.queries.count, found.queries.fresh) == (("training",), 256, True)


def test_keys_of_the_user_win_also_in_sections():
    content = {"preset": "published", "latent": 7, "queries": {"count": 9}}
    found = AutoencoderSettings.of(content, "my.yaml")
    assert (found.latent, found.queries.count) == (7, 9)
    assert (found.codes, found.queries.fresh) == ("tokens", True)
    assert content == {"preset": "published", "latent": 7, "queries": {"count": 9}}


def test_settings_are_the_same_when_they_are_read_again():
    found = AutoencoderSettings.of({"preset": "published", "codes": "network"}, "my.yaml")
    assert AutoencoderSettings.model_validate(found.plain()) == found


@pytest.mark.parametrize("name", ["publishd", 3, None])
def test_unknown_presets_are_refused(refused, name):
    with refused("my.yaml: preset"):
        AutoencoderSettings.of({"preset": name}, "my.yaml")
