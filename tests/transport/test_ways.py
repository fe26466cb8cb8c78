"""Every way of the registry is one that paths know."""

import numpy as np

from weightflow.transport.growing_paths import GrowingPaths
from weightflow.transport.ways import WAYS


def test_every_way_is_another_curve():
    rng = np.random.default_rng(0)
    paths = GrowingPaths([np.full((3, 1), h) for h in (0.0, 1.0, 5.0, 6.0)], np.arange(4.0), rng.spawn(3))
    halfway = {way: float(paths.states(0, 0.5, 0.0, way, 3, rng)[0, 0]) for way in WAYS}
    # Natural splines through all means and through three cells differ, though not by much.
    assert len({round(found, 6) for found in halfway.values()}) == len(WAYS)
    assert all(own.description for own in WAYS.values())
