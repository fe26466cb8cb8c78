"""Presets: settings of a model by one word.

A config may name one in place of a model's settings, or under the key `preset` beside settings that differ from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import PydanticCustomError

from weightflow.dynamics.settings import ModelSettings
from weightflow.errors import InputError, unknown
from weightflow.settings import Plain, merged

KEY = "preset"


@dataclass(frozen=True)
class Preset:
    """Settings of a model under one word.

    Attributes:
        description: one sentence.
        settings: of a model, as in a config; all others have their defaults.
    """

    description: str
    settings: Plain = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    "quick": Preset("A first density, in half a minute on two cores."),
    "standard": Preset("The defaults."),
    "thorough": Preset("More candidates for width and smoothing, and longer fits; several times as long."),
}


def expand(given: Any) -> Any:
    """A model's settings without presets.

    Args:
        given: the name of a preset, or settings with or without the key `preset`; other values stay.
    """
    if isinstance(given, str):
        return dict(_settings(given))
    if isinstance(given, Mapping) and isinstance(name := given.get(KEY), str):
        return merged(_settings(name), {key: value for key, value in given.items() if key != KEY})
    return given


def _settings(name: str) -> Plain:
    if name not in PRESETS:
        raise PydanticCustomError("name", "unknown", {"options": list(PRESETS)})
    return PRESETS[name].settings


def preset_settings(preset: str, changes: Plain, source: str) -> ModelSettings:
    """The settings of a preset with changes.

    Args:
        preset: its name.
        changes: keys of a model in a config.
        source: where the changes come from, for messages.

    Raises:
        InputError: an unknown preset, key or value; the sentence names the allowed ones.
    """
    if preset not in PRESETS:
        raise InputError(f"preset: {unknown('value', preset, PRESETS)}")
    return ModelSettings.of(merged(PRESETS[preset].settings, changes), source)
