"""Users' labels in figures: text, and formulas between dollar signs."""

from collections.abc import Iterable

from weightflow.errors import InputError, shown


def check_label(label: str, where: str) -> None:
    """Refuse a label with a formula that Matplotlib cannot draw, before the figure's inputs are made.

    Args:
        label: text of a figure.
        where: the key, for messages.

    Raises:
        InputError: the text between dollar signs is not a formula.
    """
    if "$" not in label:
        return
    from matplotlib import cbook, mathtext  # takes a third of a second, and few labels have formulas

    try:
        if cbook.is_math_text(label):
            mathtext.MathTextParser("path").parse(label)
    except ValueError as fault:
        raise InputError(
            f"{where}: the text between the dollar signs of {shown(label)} is not a formula that figures can show; "
            "correct it, or remove the signs."
        ) from fault


def check_variables(names: Iterable[str], where: str) -> None:
    """Refuse names of variables that figures cannot show; see `check_label`."""
    for name in names:
        check_label(name, f"{where}: the variable's name")
