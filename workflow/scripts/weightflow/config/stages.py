"""What each stage depends on of a model's settings: models that agree in it share the stage, by its label."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weightflow.records.digests import settings_digest
from weightflow.storage import read_json

ON_CARD = ("anchors", "smoothing", "spline", "steps", "dynamics", "predict")  # stages that use a card, if there is one


def learns(model: Mapping[str, Any]) -> bool:
    """Whether a model learns from states: the learned spline, a field that begins there, or behavioural terms."""
    dynamics = model["dynamics"]
    return dynamics["kind"] == "spline" or dynamics["start"] == "spline" or model["training"]["behavioural"] > 0


def sees_states(model: Mapping[str, Any]) -> bool:
    """Whether the fit of a model's field is given the snapshots: to learn from them, or to diverge little at them."""
    return learns(model) or model["training"]["divergence"] > 0


def begins_at_spline(model: Mapping[str, Any]) -> bool:
    """Whether a model needs the learned spline."""
    return model["dynamics"]["kind"] == "spline" or model["dynamics"]["start"] == "spline"


def is_taught(model: Mapping[str, Any]) -> bool:
    """Whether a teacher shows a model states between the snapshots."""
    return learns(model) and model["teacher"]["members"] != []


def chooses_steps(model: Mapping[str, Any]) -> bool:
    """Whether a validation split chooses for how many steps a field is fitted."""
    return model["dynamics"]["kind"] != "spline" and begins_at_spline(model)


def ends(model: Mapping[str, Any]) -> bool:
    """Whether a model ends at the last snapshot: a CDE does, unless its settings say how its path goes on."""
    return model["dynamics"]["kind"] == "cde" and model["continuation"]["path"] is None


def chooses_width(model: Mapping[str, Any]) -> bool:
    """Whether the backbone's width is one of several to choose from."""
    return isinstance(model["backbone"]["hidden"], list)


def chosen_backbone(settings: Mapping[str, Any], choice: str | Path | Iterable[str]) -> dict[str, Any]:
    """The `backbone` section with the width that was chosen for it, where it lists several.

    Args:
        settings: with a `backbone` section.
        choice: the choice's JSON file; nothing where the width is given.
    """
    if not choice:
        return dict(settings["backbone"])
    return settings["backbone"] | {"hidden": read_json(str(choice), "hidden")["hidden"]}


def choice_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its width and smoothing are chosen with."""
    later = {"selection": ["every"], "spline": ["steps"]}  # of these sections, for the final fits alone
    return {
        section: {key: value for key, value in model[section].items() if key not in later.get(section, [])}
        for section in ("data", "backbone", "teacher", "spline", "selection")
    }


def anchor_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its anchors depend on."""
    own = {section: model[section] for section in ("data", "backbone", "anchors")}
    return own | choice_settings(model) if chooses_width(model) else own


def teacher_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its teacher depends on."""
    return {section: model[section] for section in ("data", "teacher")}


def spline_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its learned spline depends on."""
    return anchor_settings(model) | choice_settings(model) | {"spline": model["spline"]}


def anchor_label(model: Mapping[str, Any]) -> str:
    """Folder name of a model's anchors; models with the same anchor settings share it."""
    settings = anchor_settings(model)
    width = "auto" if chooses_width(model) else settings["backbone"]["hidden"]
    kind, alignment = settings["backbone"]["kind"], settings["anchors"]["alignment"]
    return f"{kind}{width}-{alignment}-{settings_digest(settings)}"


def teacher_label(model: Mapping[str, Any]) -> str:
    """Folder name of a model's teacher, shared as anchors are."""
    return f"teacher-{settings_digest(teacher_settings(model))}"


def choice_label(model: Mapping[str, Any]) -> str:
    """Folder name of the choice of a model's width and smoothing, shared as anchors are."""
    return f"choice-{settings_digest(choice_settings(model))}"


def spline_label(model: Mapping[str, Any]) -> str:
    """Folder name of a model's learned spline, shared as anchors are."""
    return f"spline-{settings_digest(spline_settings(model))}"
