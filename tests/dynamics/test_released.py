"""The released field and latent path, which tests/project/test_published_step.py solves for; here what is refused."""

import numpy as np
import pytest
import torch
import torchcde

from tests.conftest import SMALL_DYNAMICS
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.released import load_field_of_release, read_path_of_release
from weightflow.errors import InputError

KNOTS = torch.tensor([[0.3], [1.0], [-0.5], [0.2]], dtype=torch.float64)


def path_state(times: torch.Tensor, knots: torch.Tensor = KNOTS) -> dict[str, torch.Tensor]:
    """The buffers of a published path."""
    spline = torchcde.CubicSpline(torchcde.natural_cubic_coeffs(knots, times), times)
    return {f"path.{name}": value.float() for name, value in spline.named_buffers()}


def test_the_knots_of_a_path_come_back(tmp_path):
    torch.save(path_state(torch.linspace(0, 1, 4, dtype=torch.float64)), tmp_path / "phi.pth")
    torch.testing.assert_close(torch.as_tensor(read_path_of_release(tmp_path, 4)), KNOTS, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "holds no tensors"),
        ({"a": torch.ones(1)}, "has no latent path; it is the file of an ODE"),
        (torch.ones(2), "holds one tensor, and no state dict"),
        (
            path_state(torch.tensor([0, 0.2, 0.4, 0.6, 1], dtype=torch.float64), torch.randn(5, 1).double()),
            "has 5 knots",
        ),
        (path_state(torch.tensor([0, 0.2, 0.4, 1], dtype=torch.float64)), "no natural cubic spline with evenly"),
    ],
)
def test_another_path_is_refused(tmp_path, state, said):
    torch.save(state, tmp_path / "phi.pth")
    with pytest.raises(InputError, match=said):
        read_path_of_release(tmp_path, 4)


def test_a_spline_that_is_not_natural_is_refused(tmp_path):
    state = path_state(torch.linspace(0, 1, 4, dtype=torch.float64))
    state["path._b"] = state["path._b"] + 1
    torch.save(state, tmp_path / "phi.pth")
    with pytest.raises(InputError, match="no natural cubic spline"):
        read_path_of_release(tmp_path, 4)


def field_of(graph, kind: str, path=None):
    settings = SMALL_DYNAMICS.but(kind=kind, tokens="gate", map_hidden=3, clock=False, identity=False, start="random")
    return make_field(graph, path, settings, 0)


@pytest.mark.parametrize(
    ("state", "kind", "said"),
    [
        ({"a": torch.ones(1)}, "ode", r"of other sizes than this field's \(a\)"),
        ({"a": torch.ones(1)}, "cde", "holds the field of an ODE; set dynamics.kind: ode"),
        ({"path._t": torch.ones(1)}, "ode", "holds the field of a CDE; set dynamics.kind: cde"),
        ({"path._t": torch.ones(1)}, "cde", "has no .*; it is no field of the released code"),
    ],
)
def test_the_field_of_another_network_is_refused(tmp_path, graph, state, kind, said):
    torch.save(state, tmp_path / "phi.pth")
    with pytest.raises(InputError, match=said):
        load_field_of_release(tmp_path, field_of(graph, kind, np.zeros((len(graph.times), 1))))
