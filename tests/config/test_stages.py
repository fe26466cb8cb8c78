"""The settings that each stage depends on, and the sharing of stages among models."""

import pytest

from tests.conftest import with_changes
from weightflow.config.stages import (
    anchor_label,
    anchor_settings,
    begins_at_spline,
    choice_label,
    choice_settings,
    chooses_backbone,
    chooses_steps,
    chosen_backbone,
    ends,
    is_taught,
    learns,
    sections,
    sees_states,
    spline_label,
    spline_settings,
    teacher_label,
    validates,
)
from weightflow.data.state_space import Counts
from weightflow.dynamics.settings import ModelSettings
from weightflow.storage import write_json

SECTIONS = {
    "data": ("share", 0.5),
    "backbone": ("hidden", 9),
    "anchors": ("steps", 9),
    "teacher": ("points", 9),
    "selection": ("steps", 9),
    "spline": ("knots", 9),
    "path": ("z_dim", 9),
    "dynamics": ("width", 16),
    "solver": ("substeps", 9),
    "training": ("steps", 9),
}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_anchors_label_changes_with_what_anchors_depend_on_alone(model_settings, section):
    one = with_changes(model_settings, backbone={"hidden": 8})
    changed = changed_in(one, section, *SECTIONS[section])
    same = anchor_label(changed) == anchor_label(one)
    assert same is (section not in ("data", "backbone", "anchors"))


def test_every_anchor_setting_changes_the_label(model_settings):
    for section, entries in anchor_settings(model_settings).items():
        for key in entries:
            changed = model_settings.but(**{section: getattr(model_settings, section).but(**{key: "something else"})})
            assert anchor_label(changed) != anchor_label(model_settings), key


def changed_in(model: ModelSettings, section: str, key: str, value) -> ModelSettings:
    assert getattr(getattr(model, section), key) != value
    return with_changes(model, **{section: {key: value}})


LABELS = {
    teacher_label: {"data", "teacher"},
    choice_label: {"data", "backbone", "teacher", "selection", "spline"},
    spline_label: {"data", "backbone", "anchors", "teacher", "selection", "spline"},
}


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.__name__)
def test_what_is_shared_depends_on_its_own_settings_alone(model_settings, label, section):
    changed = changed_in(model_settings, section, *SECTIONS[section])
    assert (label(changed) == label(model_settings)) is (section not in LABELS[label])


def test_the_final_fits_settings_change_no_choice(model_settings):
    longer = changed_in(model_settings, "spline", "steps", 9)
    oftener = changed_in(model_settings, "selection", "every", 9)
    assert choice_label(longer) == choice_label(oftener) == choice_label(model_settings)
    assert spline_label(longer) != spline_label(model_settings)
    assert spline_label(oftener) == spline_label(model_settings)
    assert spline_settings(longer)["spline"]["steps"] == 9
    assert set(choice_settings(longer)["spline"]) < set(type(longer.spline).model_fields)


def test_anchors_whose_width_is_chosen_depend_on_what_it_is_chosen_by(model_settings):
    wide = changed_in(model_settings, "backbone", "hidden", [4, 8])
    assert "auto" in anchor_label(wide)
    assert anchor_label(changed_in(wide, "teacher", "points", 9)) != anchor_label(wide)
    assert anchor_label(changed_in(wide, "spline", "curvature", [1, 2])) != anchor_label(wide)
    assert anchor_label(changed_in(wide, "spline", "steps", 9)) == anchor_label(wide)
    assert anchor_label(changed_in(wide, "training", "steps", 9)) == anchor_label(wide)


def test_the_chosen_width_is_read_from_its_file(model_settings, tmp_path):
    write_json(
        tmp_path / "choice.json",
        {"hidden": 4, "softmax_up_to": 9, "curvature": 1.0, "roughness": 0.0, "kernel": 0, "independence": 0},
    )
    wide = changed_in(model_settings, "backbone", "hidden", [4, 8])
    assert chosen_backbone(wide.backbone, str(tmp_path / "choice.json")) == wide.backbone.but(hidden=4, softmax_up_to=9)
    assert chosen_backbone(model_settings.backbone, []) == model_settings.backbone
    assert wide.backbone.hidden == (4, 8)


TRAITS = (learns, sees_states, begins_at_spline, is_taught, chooses_steps, chooses_backbone)
# learns, sees states, begins at the spline, is taught, chooses steps, chooses its width
KINDS = {
    "the paper's": ({"dynamics": {"kind": "cde"}}, "------"),
    "a learned spline": ({"dynamics": {"kind": "spline"}}, "xxxx-x"),
    "a learned spline of one width": ({"dynamics": {"kind": "spline"}, "backbone": {"hidden": 8}}, "xxxx--"),
    "a field that begins at it": ({"dynamics": {"kind": "ode", "start": "spline"}}, "xxxxxx"),
    "behavioural": ({"dynamics": {"kind": "cde"}, "training": {"behavioural": 1}}, "xx-x-x"),
    "held to what its anchors say": ({"dynamics": {"kind": "cde"}, "training": {"divergence": 1}}, "-x----"),
    "without a teacher": ({"dynamics": {"kind": "spline"}, "teacher": {"members": []}}, "xxx--x"),
    "of several widths": ({"dynamics": {"kind": "spline"}, "backbone": {"hidden": [4, 8]}}, "xxxx-x"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_traits_of_a_model(model_settings, kind):
    settings, expected = KINDS[kind]
    model = with_changes(model_settings, **settings)
    assert "".join("x" if trait(model) else "-" for trait in TRAITS) == expected


def test_only_a_cde_whose_path_ends_has_to_end(model_settings):
    def model(kind: str, path: str | None) -> ModelSettings:
        return with_changes(model_settings, dynamics={"kind": kind}, continuation={"path": path})

    assert ends(model("cde", None))
    assert not any(ends(model(kind, None)) for kind in ("ode", "spline"))
    assert not any(ends(model("cde", path)) for path in ("linear", "constant"))


def test_sections_are_as_they_were_written(model_settings):
    made = with_changes(model_settings, spline={"curvature": [1, 0.5]}, data={"share": 1})
    found = sections(made, "spline", "data")
    assert (found["spline"]["curvature"], found["data"]) == ([1, 0.5], {"share": 1})
    assert [type(value) for value in (*found["spline"]["curvature"], found["data"]["share"])] == [int, float, int]
    assert list(found) == ["spline", "data"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"spline": {"curvature": 1, "roughness": 1, "kernel": 0, "independence": 0}}, False),
        ({"spline": {"curvature": [1], "roughness": [1], "kernel": [0], "independence": [0]}}, False),
        (
            {
                "spline": {"curvature": 1, "roughness": 1, "kernel": 0, "independence": 0},
                "backbone": {"hidden": [4, 8]},
            },
            True,
        ),
        ({"dynamics": {"kind": "ode"}}, False),
        (
            {
                "dynamics": {"kind": "ode", "start": "spline"},
                "spline": {"curvature": 1, "roughness": 1, "kernel": 0, "independence": 0},
            },
            True,
        ),
    ],
)
def test_models_that_choose_something_need_a_validation_split(model_settings, changes, expected):
    assert validates(with_changes(model_settings, **changes), 2, Counts(9)) is expected


def test_a_width_that_follows_the_number_of_variables_needs_a_validation_split(model_settings):
    single = {"curvature": 1, "roughness": 1, "kernel": 0, "independence": 0}
    model = with_changes(model_settings, backbone={"hidden": "auto"}, spline=single)
    assert [validates(model, variables, Counts(9)) for variables in (10, 11)] == [False, True]
