"""Presets: settings of a model by one word.

A config may name one in place of a model's settings, or under the key `preset` beside settings that differ from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

from weightflow.settings import Plain, merged

KEY = "preset"
PUBLISHED = "published"


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
    "quick": Preset(
        "A first density, in ten seconds to a minute on two cores.",
        {
            "backbone": {"hidden": 8},
            "anchors": {"first_steps": 200, "steps": 60},
            "teacher": {"members": ["bridge", "kinetic"], "noises": [0.5], "rates": ["own"], "points": 4},
            "spline": {
                "knots": 1,
                "first_knots": 6,
                "steps": 600,
                "curvature": 30,
                "roughness": 0.003,
                "kernel": 0,
                "independence": 0,
            },
        },
    ),
    "standard": Preset("The defaults."),
    PUBLISHED: Preset(
        "The paper's model, with every setting of the released code; for counts.",
        {
            "backbone": {"hidden": 8, "position": False, "biases": "zero", "levels": "observed"},
            "anchors": {
                "alignment": "sequential",
                "first_steps": 800,
                "steps": 400,
                "batch": 64,
                "sampling": "rounds",
                "schedule": "constant",
                "weight_decay": 0.01,
                "seed": 42,
            },
            "path": {
                "autoencoder_width": 128,
                "autoencoder_steps": 10_000,
                "autoencoder_rate": 0.001,
                "bounded": True,
                "inputs": "raw",
                "coordinates": "raw",
                "seed": 3,
            },
            "dynamics": {
                "kind": "cde",
                "start": "random",
                "feedforward": 256,
                "tokens": "gate",
                "map_hidden": 128,
                "norm": "after",
                "activation": "relu",
                "dropout": 0.1,
                "clock": False,
                "identity": False,
                "scaled": False,
                "span": 100 / 101,
            },
            "solver": {"prediction": "each_time"},
            "training": {
                "steps": 10_000,
                "starts": 64,
                "repeats": True,
                "restart": True,
                "max_horizon": 10,
                "learning_rate": 0.001,
                "schedule": "constant",
                "weight_decay": 0.0001,
                "clip": None,
                "padding": True,
                "energy_until": "each",
                "keep": "best",
            },
        },
    ),
    "thorough": Preset(
        "Widths 8, 16 and 32 for any number of variables, and longer fits; several times as long as standard.",
        {
            "backbone": {"hidden": [8, 16, 32]},
            "anchors": {"first_steps": 3000, "steps": 1000},
            "selection": {"steps": 2000},
            "spline": {"steps": 10_000},
        },
    ),
}


def expand(given: Any) -> Any:
    """A model's settings without presets.

    Args:
        given: the name of a preset, or settings with or without the key `preset`; other values stay.
    """
    if isinstance(given, str):
        if given not in PRESETS:
            raise PydanticCustomError("name", "unknown", {"options": list(PRESETS)})
        return {**PRESETS[given].settings, KEY: given}
    if isinstance(given, Mapping) and isinstance(name := given.get(KEY), str) and name in PRESETS:
        return merged(PRESETS[name].settings, given)
    return given


class OrPreset:
    """Says in the JSON schema that a section may be one word, the name of a preset."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """For the JSON schema."""
        return {"anyOf": [handler(schema), {"type": "string", "enum": list(PRESETS)}]}
