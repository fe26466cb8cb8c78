"""A latent path has as many dimensions as anchors can span."""

import pytest

from weightflow.dynamics.path_dimension import check_dimension
from weightflow.errors import InputError


@pytest.mark.parametrize(("z_dim", "snapshots"), [(1, 2), (2, 3), (10, 11)])
def test_as_many_dimensions_as_anchors_span_are_fine(z_dim, snapshots):
    check_dimension(z_dim, snapshots, "models.m.path.z_dim")


@pytest.mark.parametrize(("z_dim", "snapshots"), [(3, 3), (11, 11)])
def test_more_dimensions_than_anchors_span_are_refused(z_dim, snapshots):
    with pytest.raises(InputError, match=rf"z_dim is {z_dim}, and .* set it to {snapshots - 1} or less"):
        check_dimension(z_dim, snapshots, "models.m.path.z_dim")
