"""A number tells its standard error."""

from weightflow.prediction.estimate import Estimate


def test_an_estimate_is_a_number_with_an_error():
    found = Estimate(0.25, 0.01)
    assert found + 1 == 1.25
    assert (found.error, repr(found)) == (0.01, "0.25 ± 0.01")
    assert repr(Estimate(0.25)) == "0.25"
