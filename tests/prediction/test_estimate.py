"""A number tells its standard error."""

from weightflow.prediction.estimate import Estimate


def test_an_estimate_is_a_number_with_an_error():
    found = Estimate(0.25, 0.01)
    assert found + 1 == 1.25
    assert (found.error, repr(found)) == (0.01, "0.25 ± 0.01")
    assert repr(Estimate(0.25)) == "0.25"


def test_a_share_has_its_standard_error_or_a_bound():
    assert Estimate.of_share(0.5, 100).error == 0.05
    assert Estimate.of_share(0.0, 100).error == Estimate.of_share(1.0, 100).error == 0.03
