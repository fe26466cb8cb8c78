"""Populations from Python: a module that the project does not know, aligned, generated and written back."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

import weightflow as wf
from weightflow.errors import InputError


class Unknown(nn.Module):
    """A module of a user's."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 5, 3), nn.BatchNorm2d(5)
        self.dense, self.last = nn.Linear(20, 6), nn.Linear(6, 3)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.norm(self.conv(x))), 2)
        return self.last(torch.tanh(self.dense(torch.flatten(x, 1))))


@pytest.fixture
def inputs(rng) -> np.ndarray:
    return rng.normal(size=(40, 1, 6, 6)).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    for i in range(50):
        torch.manual_seed(i)
        torch.save({"state_dict": Unknown().state_dict()}, tmp_path / f"net-{i}.pt")
    return tmp_path


def test_fifty_unknown_networks_become_fifty_new_ones_that_their_code_loads(folder, inputs, tmp_path):
    population = wf.Population.load(folder, module=Unknown, inputs=inputs)
    assert len(population) == 50
    aligned = population.align()
    assert np.abs(aligned.weights - population.weights).max() > 0.1
    np.testing.assert_allclose(aligned.logits(inputs), population.logits(inputs), atol=1e-5)
    made = aligned.generate(50, steps=20, width=16)
    files = made.save(tmp_path / "new")
    assert len(files) == 50
    module = Unknown()
    module.load_state_dict(load_file(files[7]))
    module.eval()
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.as_tensor(inputs)), made.logits(inputs)[7], atol=1e-4)
    assert set(made.state(3)) == set(Unknown().state_dict())
    assert made.nearest(aligned).shape == (50,)


def test_networks_without_a_module_are_recognised(tmp_path):
    for i in range(4):
        torch.manual_seed(i)
        torch.save(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)).state_dict(), tmp_path / f"{i}.pth")
    population = wf.Population.load(tmp_path, activation="tanh")
    assert repr(population) == "<Population of 4 networks of 44 weights, 6 → 2>"
    assert population.align("2").names == ["0", "1", "2", "3"]
    assert population.generate(3, method="covariance").weights.shape == (3, 44)
    labels = population.logits(np.ones((5, 4), dtype=np.float32))[0].argmax(-1)
    assert population.accuracy(np.ones((5, 4)), labels)[0] == 1


def test_batch_norms_need_inputs(folder):
    population = wf.Population.load(folder, module=Unknown, shape=(1, 6, 6))
    with pytest.raises(InputError, match="moments are measured on training inputs"):
        population.save(folder / "back")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda p: p.generate(3, method="flwo"), "unknown method .flwo.; did you mean .flow"),
        (lambda p: p.align("net-99"), "net-99"),
        (lambda p: p.align(50), "there are 50 networks and no 50"),
        (lambda p: p.generate(3, stps=2), "stps"),
    ],
)
def test_mistakes_are_one_sentence(folder, inputs, call, said):
    population = wf.Population.load(folder, module=Unknown, inputs=inputs)
    with pytest.raises(InputError, match=said):
        call(population)
