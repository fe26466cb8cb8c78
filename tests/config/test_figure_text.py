"""Users' names and labels that figures cannot show are refused."""

import io

import pytest
from matplotlib.figure import Figure

from weightflow.config.figure_text import check_label
from weightflow.errors import InputError

SHOWN = ["time (days)", "cost ($)", "$\\mu$m", "", "\\$x\\$", "a\\b", "µm²"]
NOT_SHOWN = ["$\\foo$", "$x^$", "$\\frac{1}$ of $y$"]


def is_drawn(label: str) -> bool:
    figure = Figure()
    figure.text(0.5, 0.5, label)
    try:
        figure.savefig(io.BytesIO(), format="png")
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("label", SHOWN)
def test_what_can_be_drawn_is_accepted(label):
    assert is_drawn(label)
    check_label(label, "here")


@pytest.mark.parametrize("label", NOT_SHOWN)
def test_what_cannot_be_drawn_is_refused(label):
    assert not is_drawn(label)
    with pytest.raises(
        InputError, match=r"^my\.yaml: datasets\.d\.time_label: .* is not a formula that figures can show"
    ):
        check_label(label, "my.yaml: datasets.d.time_label")
