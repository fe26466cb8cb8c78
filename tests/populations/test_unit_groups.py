"""Units as users describe them."""

from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.settings import UnitSettings
from weightflow.populations.unit_groups import described_units


def test_described_units_are_the_rows_and_columns_of_their_maps(refused):
    layers = LinearMap("conv", 4, 18), LinearMap("norm", 4, 1), LinearMap("dense", 3, 4 * 9)
    group = UnitSettings(rows=("conv", "norm"), columns=("dense",))
    (found,) = described_units([group], layers)
    assert found == HiddenUnits(
        4, (Slots("conv", "rows", 0, False), Slots("norm", "rows", 0, False), Slots("dense", "columns", 0, False, 9))
    )
    with refused("unknown map 'nrm'; did you mean 'norm'"):
        described_units([group.but(rows=("conv", "nrm"))], layers)
    with refused("dense has 3 rows, which 4 units, the rows of conv, do not divide"):
        described_units([group.but(rows=("conv", "dense"), columns=())], layers)
