"""What users call things in figures: text, and formulas between dollar signs."""

from collections.abc import Iterable

from weightflow.errors import InputError, shown


def check_label(label: str, where: str) -> None:
    """Refuse a formula that no figure could show, before anything is made for the figure.

    Args:
        label: as it is to stand in figures.
        where: what it is, for messages.

    Raises:
        InputError: what is between dollar signs is no formula.
    """
    if "$" not in label:
        return
    from matplotlib import cbook, mathtext  # takes a third of a second, and few labels have formulas

    try:
        if cbook.is_math_text(label):
            mathtext.MathTextParser("path").parse(label)
    except ValueError as fault:
        raise InputError(
            f"{where}: {shown(label)} has no formula between its dollar signs that figures can show; correct it, or "
            "take them away."
        ) from fault


def check_variables(names: Iterable[str], where: str) -> None:
    """Refuse variables whose names no figure could show; see `check_label`."""
    for name in names:
        check_label(name, f"{where}: the variable's name")
