"""Names of sources of reconstructed and drawn networks."""

import pytest

from weightflow.populations.autoencoders.source_names import parts_of


@pytest.mark.parametrize(
    ("source", "parts", "drawn"),
    [
        ("structure", ("structure", "", ""), False),
        ("behaviour, unaligned", ("behaviour", "unaligned", ""), False),
        ("behaviour, plain", ("behaviour", "plain", ""), True),
        ("behaviour, bootstrapped (norms of originals)", ("behaviour", "bootstrapped", "norms of originals"), True),
        ("structure, mean code", ("structure", "mean code", ""), False),
    ],
)
def test_a_name_has_three_parts(source, parts, drawn):
    assert tuple(parts_of(source)) == parts
    assert parts_of(source).is_drawn == drawn
