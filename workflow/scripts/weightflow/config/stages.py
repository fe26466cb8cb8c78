"""The settings that each stage depends on; models with equal ones share the stage, by its label."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from weightflow.data.state_space import StateSpace
from weightflow.dynamics.choice_options import OF_BACKBONE, choice_options
from weightflow.dynamics.settings import ModelSettings
from weightflow.networks.settings import BackboneSettings
from weightflow.records.digests import settings_digest
from weightflow.storage import read_json

ON_CARD = ("anchors", "smoothing", "spline", "steps", "dynamics", "predict")  # stages that use a card

Sections = dict[str, dict[str, Any]]  # settings by section, as jobs get them


def begins_at_spline(model: ModelSettings) -> bool:
    """Whether a model needs the learned spline."""
    return "spline" in (model.dynamics.kind, model.dynamics.start)


def learns(model: ModelSettings) -> bool:
    """Whether a model learns from states: the learned spline, a field that starts at it, or behavioural terms."""
    return begins_at_spline(model) or model.training.behavioural > 0


def sees_states(model: ModelSettings) -> bool:
    """Whether the fit of a model's field reads the snapshots, for behavioural terms or a divergence."""
    return learns(model) or model.training.divergence > 0


def is_taught(model: ModelSettings) -> bool:
    """Whether a model learns from a teacher's states between the snapshots."""
    return learns(model) and model.teacher.members != ()


def chooses_steps(model: ModelSettings) -> bool:
    """Whether the number of steps of a field's fit is chosen on a validation split."""
    return model.dynamics.kind != "spline" and begins_at_spline(model)


def validates(model: ModelSettings, variables: int, space: StateSpace) -> bool:
    """Whether something of a model is chosen on a validation split: its width, its smoothing or its steps.

    Args:
        model: the settings.
        variables: d, of the data set.
        space: its state space.
    """
    options = choice_options(model, variables, space)
    return chooses_steps(model) or (learns(model) and any(len(values) > 1 for values in options.values()))


def ends(model: ModelSettings) -> bool:
    """Whether a model ends at the last snapshot, as a CDE does without a continuation of its path."""
    return model.dynamics.kind == "cde" and model.continuation.path is None


def listed_key(backbone: BackboneSettings) -> str:
    """The first key of a backbone that lists several values to choose from; empty if none does."""
    return next((key for key in OF_BACKBONE if isinstance(getattr(backbone, key), tuple)), "")


def chooses_backbone(model: ModelSettings) -> bool:
    """Whether the backbone's width or the range of its softmax is chosen, perhaps from one for few variables."""
    return bool(listed_key(model.backbone)) or (model.backbone.hidden == "auto" and learns(model))


def chosen_backbone(backbone: BackboneSettings, choice: str | Path | Iterable[str]) -> BackboneSettings:
    """A backbone with its chosen width and range of the softmax.

    Args:
        backbone: its settings.
        choice: the choice's JSON file; empty if they are given.
    """
    if not choice:
        return backbone
    return backbone.chosen(read_json(str(choice), *OF_BACKBONE))


@cache
def sections(model: ModelSettings, *names: str) -> Sections:
    """Some sections of a model's settings."""
    return {name: getattr(model, name).plain() for name in names}


def choice_settings(model: ModelSettings) -> Sections:
    """The part of a model's settings that the choice of its width and smoothing depends on."""
    later = {"selection": ["every"], "spline": ["steps"]}  # keys of the final fits
    found = sections(model, "data", "backbone", "teacher", "spline", "selection")
    return {
        section: {key: value for key, value in own.items() if key not in later.get(section, [])}
        for section, own in found.items()
    }


def anchor_settings(model: ModelSettings) -> Sections:
    """The part of a model's settings that its anchors depend on."""
    own = sections(model, "data", "backbone", "anchors")
    if model.released.folder:
        own = own | sections(model, "released")
    return own | choice_settings(model) if chooses_backbone(model) else own


def teacher_settings(model: ModelSettings) -> Sections:
    """The part of a model's settings that its teacher depends on."""
    return sections(model, "data", "teacher")


def spline_settings(model: ModelSettings) -> Sections:
    """The part of a model's settings that its learned spline depends on."""
    return anchor_settings(model) | choice_settings(model) | sections(model, "spline")


@cache
def anchor_label(model: ModelSettings) -> str:
    """Folder name of a model's anchors; models with the same anchor settings share it."""
    width = "auto" if chooses_backbone(model) else model.backbone.width
    return f"{model.backbone.kind}{width}-{model.anchors.alignment}-{settings_digest(anchor_settings(model))}"


@cache
def teacher_label(model: ModelSettings) -> str:
    """Folder name of a model's teacher; models with the same teacher settings share it."""
    return f"teacher-{settings_digest(teacher_settings(model))}"


@cache
def choice_label(model: ModelSettings) -> str:
    """Folder name of the choice of a model's width and smoothing; models with the same settings share it."""
    return f"choice-{settings_digest(choice_settings(model))}"


@cache
def spline_label(model: ModelSettings) -> str:
    """Folder name of a model's learned spline; models with the same settings share it."""
    return f"spline-{settings_digest(spline_settings(model))}"
