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
    assert made.save(tmp_path / "new") == files
    with pytest.raises(InputError, match="new: has other networks, such as network-"):
        aligned.generate(2, method="mixed").save(tmp_path / "new")
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


def test_midpoints_are_corrected_with_the_labels_of_the_inputs(folder, inputs):
    population = wf.Population.load(folder, module=Unknown, inputs=inputs).align()
    labels = (inputs.mean((1, 2, 3)) > 0).astype(int)
    settings = {"steps": 60, "width": 16, "networks": 4, "batch": 32, "learning_rate": 0.02}
    made = population.generate(6, method="corrected", labels=labels, **settings)
    plain = population.generate(6, method="mixed")
    assert made.accuracy(inputs, labels).mean() > plain.accuracy(inputs, labels).mean()
    again = population.generate(6, method="corrected", labels=labels, **settings)
    np.testing.assert_array_equal(made.weights, again.weights)


def test_mixtures_of_recognised_networks_are_repaired(tmp_path, rng):
    for i in range(4):
        torch.manual_seed(i)
        torch.save(nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)).state_dict(), tmp_path / f"{i}.pth")
    inputs = rng.normal(size=(30, 4)).astype(np.float32)
    population = wf.Population.load(tmp_path, inputs=inputs).align()
    made = population.generate(3, method="repaired")
    assert made.logits(inputs).std(1).mean() > population.generate(3, method="mixed").logits(inputs).std(1).mean()


def test_networks_from_files_keep_the_moments_of_their_norms(folder, inputs, tmp_path):
    modules, own = [], tmp_path / "own"
    own.mkdir()
    for i in range(3):
        module = Unknown()
        torch.manual_seed(10 + i)
        module.load_state_dict(torch.load(folder / f"net-{i}.pt", weights_only=True)["state_dict"])
        torch.nn.init.normal_(module.norm.weight)
        module.train()
        module(torch.as_tensor(inputs) * (i + 2))
        torch.save(module.state_dict(), own / f"{i}.pt")
        modules.append(module.eval())
    population = wf.Population.load(own, module=Unknown, shape=(1, 6, 6))
    aligned = population.align(1)
    assert np.abs(aligned.weights - population.weights).max() > 0.1
    with torch.no_grad():
        expected = np.stack([module(torch.as_tensor(inputs)).numpy() for module in modules])
    np.testing.assert_allclose(population.logits(inputs), expected, atol=1e-5)
    np.testing.assert_allclose(aligned.logits(inputs), expected, atol=1e-5)
    again = Unknown()
    again.load_state_dict(aligned.state(2))
    again.eval()
    with torch.no_grad():
        np.testing.assert_allclose(again(torch.as_tensor(inputs)).numpy(), expected[2], atol=1e-5)


def test_norms_of_new_networks_need_inputs(folder):
    population = wf.Population.load(folder, module=Unknown, shape=(1, 6, 6)).generate(2, method="mixed")
    with pytest.raises(InputError, match="moments are measured on training inputs"):
        population.save(folder / "back")


def test_units_may_be_described(tmp_path):
    class Joined(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.last = nn.Linear(4, 5), nn.Linear(4, 3), nn.Linear(8, 2)

        def forward(self, x):
            return self.last(torch.cat([torch.relu(self.one(x)), torch.relu(self.two(x))], dim=1))

    for i in range(4):
        torch.manual_seed(i)
        torch.save(Joined().state_dict(), tmp_path / f"{i}.pt")
    with pytest.raises(InputError, match=r"units of its operation cat; .* networks\.units, or set units: \[\]"):
        wf.Population.load(tmp_path, module=Joined, shape=(4,)).align()
    still = wf.Population.load(tmp_path, module=Joined, shape=(4,), units=[])
    np.testing.assert_array_equal(still.align().weights, still.weights)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda p: p.generate(2, method="corrected"),
            "corrected learns from examples; give inputs=. to",
        ),
        (
            lambda p: p.generate(2, method="corrected", labels=[0, 1]),
            r"generate: labels are 40 whole .* shape \(2,\)",
        ),
        (lambda p: p.generate(0), "generate: 0 networks cannot be drawn"),
        (lambda p: p.generate(2, method="mixed", labels=[0]), "generate: mixed does not read labels"),
        (lambda p: p.generate(2, alignments=["raw"]), "generate: alignments is a key of configs"),
        (lambda p: p.generate(2, method="repaired"), "the generator repaired is for networks mlp, cnn and lenet5"),
        (lambda p: p.generate(2, method="mixed", steps=3), "generate: mixed has no settings, and steps is given"),
        (lambda p: p.generate(3, method="flwo"), "unknown method .flwo.; did you mean .flow"),
        (lambda p: p.align("net-99"), "net-99"),
        (lambda p: p.align(50), "there are 50 networks and no 50"),
        (lambda p: p.generate(3, stps=2), "stps"),
        (lambda p: p.accuracy(np.ones((4, 1, 6, 6)), [0, 1]), "labels are 4 whole numbers"),
        (lambda p: p.accuracy(np.ones((2, 1, 6, 6)), [0, 3]), "numbers of outputs, 0 to 2"),
        (lambda p: p.logits(np.ones((2, 36))), r"do not take inputs of shape \(36,\)"),
    ],
)
def test_mistakes_are_one_sentence(folder, inputs, call, said):
    population = wf.Population.load(folder, module=Unknown, inputs=inputs)
    with pytest.raises(InputError, match=said):
        call(population)
