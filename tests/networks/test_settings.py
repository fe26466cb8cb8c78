"""A backbone's settings say one width, or several to choose from."""

import pytest

from weightflow.networks.settings import BackboneSettings


def test_of_several_widths_none_is_the_backbones():
    one, several = BackboneSettings(hidden=5), BackboneSettings(hidden=[4, 8])
    assert (one.widths(20), one.width) == ((5,), 5)
    assert several.widths(2) == (4, 8)
    with pytest.raises(ValueError, match="too many values"):
        _ = several.width


def test_a_width_is_chosen_for_many_variables_alone():
    auto = BackboneSettings()
    assert (auto.widths(10), auto.widths(11), auto.width) == ((8,), (8, 16, 32), 8)
