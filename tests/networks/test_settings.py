"""A backbone's settings say one width, or several to choose from."""

import pytest

from weightflow.networks.settings import BackboneSettings


def test_of_several_widths_none_is_the_backbones():
    one, several = BackboneSettings(hidden=5), BackboneSettings(hidden=[4, 8])
    assert (one.widths, one.width) == ((5,), 5)
    assert several.widths == (4, 8)
    with pytest.raises(ValueError, match="too many values"):
        _ = several.width
