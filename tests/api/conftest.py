"""A small flow for the tests of this room."""

import pytest

from weightflow.api.data import simulate
from weightflow.api.fitting import fit
from weightflow.api.flow import Flow

SMALL = {
    "anchors": {"first_steps": 20, "steps": 10},
    "teacher": {"members": ["bridge", "mixture"], "noises": [0.5], "rates": [0, 2], "points": 3},
    "selection": {"steps": 4, "every": 2},
    "spline": {
        "knots": 2,
        "first_knots": 3,
        "steps": 10,
        "batch": 32,
        "curvature": [1, 10],
        "roughness": 0.003,
        "kernel": 0,
        "independence": 0,
    },
    "path": {"method": "pca"},
}


@pytest.fixture(scope="session")
def data():
    return simulate("epidemic", trajectories=40, heldout=20, observe_every=25)


@pytest.fixture(scope="session")
def flow(data) -> Flow:
    return fit(data, settings=SMALL | {"backbone": {"hidden": 2}}, progress=False)
