"""The values of a model's settings that a validation split chooses from."""

from typing import Any

from weightflow.data.state_space import Counts, StateSpace, unrelated_variables
from weightflow.dynamics.settings import ModelSettings

OF_BACKBONE = ("softmax_up_to", "hidden")
OF_LESSON = ("kernel", "independence")
IN_TURN = (*OF_BACKBONE, "roughness", *OF_LESSON, "curvature")  # what affects single snapshots the most goes first


def choice_options(model: ModelSettings, variables: int, space: StateSpace) -> dict[str, list[Any]]:
    """Values by setting, in the order of a search; a single one leaves no choice.

    Args:
        model: the settings.
        variables: d.
        space: the state space; real values have no softmax, and values are exchanged only between several variables
            that are not all in a linear relation.
    """
    backbone, spline = model.backbone, model.spline
    options = {name: as_list(getattr(backbone if name in OF_BACKBONE else spline, name)) for name in IN_TURN}
    options["hidden"] = list(backbone.widths(variables))
    without = [] if isinstance(space, Counts) else ["roughness", "softmax_up_to"]
    if variables == 1 or not unrelated_variables(space, variables):
        without.append("independence")
    return options | {name: options[name][:1] for name in without}


def as_list(value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]
