"""Fields: made from their seed alone, and the same after their file."""

import numpy as np
import pytest
import torch

from tests.conftest import SMALL_DYNAMICS
from weightflow.dynamics.equations import Field
from weightflow.dynamics.field_files import load_field, make_field, write_field
from weightflow.errors import InputError

KINDS = ["ode", "cde"]


@pytest.fixture
def path() -> np.ndarray:
    """(5, 2) latent coordinates."""
    return np.random.default_rng(3).normal(size=(5, 2))


@pytest.fixture
def make(graph, path):
    """A field whose output is not zero, as a fresh one's is."""

    def build(kind: str = "ode", seed: int = 0, **changes) -> Field:
        field = make_field(graph, path, SMALL_DYNAMICS.but(kind=kind, **changes), seed)
        with torch.no_grad():
            for parameter in field.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
        return field

    return build


def test_the_callers_random_state_is_left_alone(graph, path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make_field(graph, path, SMALL_DYNAMICS, seed=0)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_field_is_read_back(make, graph, tmp_path, kind):
    field, fresh = make(kind), make(kind, seed=9)
    write_field(tmp_path / "dynamics.safetensors", field)
    load_field(tmp_path / "dynamics.safetensors", fresh)
    weights, time = torch.as_tensor(graph.weights[:2]).float(), torch.tensor([0.1, 0.6])
    assert field(time, weights).abs().max() > 0
    assert torch.equal(field(time, weights), fresh(time, weights))


def test_a_field_of_another_shape_is_refused(make, tmp_path):
    write_field(tmp_path / "wide.safetensors", make(width=16))
    with pytest.raises(InputError, match=r"wide\.safetensors: holds dynamics of another shape; use one"):
        load_field(tmp_path / "wide.safetensors", make())


def test_a_truncated_field_is_refused_by_name(make, tmp_path):
    path = tmp_path / "dynamics.safetensors"
    write_field(path, make())
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"dynamics\.safetensors: the file is truncated"):
        load_field(path, make())
