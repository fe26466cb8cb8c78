"""Networks of others: read from their files, recognised or built, and written back."""

import sys
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from weightflow.anchors.files import write_anchor
from weightflow.errors import InputError
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.loading import (
    Buffers,
    check_outputs,
    classifier_of,
    described_units,
    load_networks,
    module_from,
    of_population,
    write_networks_as_states,
)
from weightflow.populations.network_files import network_files
from weightflow.populations.settings import UnitSettings

ARCHITECTURE = ArchitectureSettings()


def mlp(*sizes: int) -> nn.Sequential:
    layers = []
    for read, written in pairwise(sizes):
        layers += [nn.Linear(read, written), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def saved(folder, modules, form="pt"):
    for i, module in enumerate(modules):
        torch.save(module.state_dict(), folder / f"net-{i}.{form}")
    return network_files(folder)


def test_an_mlp_is_recognised_and_says_the_same(tmp_path):
    modules = [mlp(6, 5, 4, 3) for _ in range(3)]
    loaded = load_networks(saved(tmp_path, modules), None, ARCHITECTURE)
    assert loaded.architecture is not None
    assert loaded.architecture.widths == (5, 4)
    assert loaded.names == ["net-0", "net-1", "net-2"]
    classifier = make_classifier(loaded.architecture, (6,), 3)
    inputs = torch.randn(7, 6)
    found = classifier.logits(torch.as_tensor(loaded.weights), inputs, BatchNorms())
    for own, module in zip(found, modules, strict=True):
        torch.testing.assert_close(own, module(inputs))


@pytest.mark.parametrize("kind", ["resnet20", "cnn", "lenet5", "vit"])
def test_networks_of_the_catalogue_are_recognised(tmp_path, kind):
    settings = ARCHITECTURE.but(kind=kind, widths=(7,))
    classifier = make_classifier(settings, (1, 28, 28), 10)
    generator = np.random.default_rng(0)
    for i in range(2):
        state = {}
        for layer in classifier.layers:
            rows = torch.as_tensor(generator.normal(size=(layer.neurons, layer.columns)), dtype=torch.float32)
            state[f"{layer.name}.weight"] = rows[:, : layer.inputs].contiguous()
            state |= {f"{layer.name}.bias": rows[:, -1].clone()} if layer.bias else {}
        torch.save(state, tmp_path / f"{i}.pt")
    given = ARCHITECTURE if kind == "resnet20" else settings
    loaded = load_networks(network_files(tmp_path), None, given, (1, 28, 28))
    assert loaded.architecture is not None
    assert loaded.architecture.kind == kind
    assert loaded.layout.layers == classifier.layers


def test_what_is_written_is_what_a_module_loads(tmp_path):
    modules = [nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3)) for _ in range(2)]
    loaded = load_networks(saved(tmp_path, modules), modules[0], ARCHITECTURE)
    classifier = classifier_of(modules[0], ARCHITECTURE, (1, 4, 4), 3)
    buffers = Buffers.of(classifier, loaded.layout, torch.arange(8.0).reshape(2, 4))
    files = write_networks_as_states(tmp_path / "back", loaded.layout, loaded.weights, loaded.names, buffers)
    for i, (file, module) in enumerate(zip(files, modules, strict=True)):
        again = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
        again.load_state_dict(load_file(file))
        assert torch.equal(again[3].weight, module[3].weight)
        assert again[1].running_mean.tolist() == [4.0 * i, 4.0 * i + 1]
        assert again[1].running_var.tolist() == [4.0 * i + 2, 4.0 * i + 3]


def test_anchors_of_this_project_are_a_population(tmp_path):
    settings = ARCHITECTURE.but(kind="gru", hidden=3, layers=1, position=False)
    classifier = make_classifier(settings, (3,), 6)
    size = sum(layer.weights for layer in classifier.layers)
    weights = np.random.default_rng(0).normal(size=(2, size)).astype(np.float32)
    for k in range(2):
        write_anchor(tmp_path / f"anchor-{k}.safetensors", float(k), weights[k])
    loaded = load_networks(network_files(tmp_path), None, settings, (3,), 6)
    np.testing.assert_array_equal(loaded.weights, weights)
    with pytest.raises(InputError, match=r"has .* weights, and a gru of these settings has"):
        load_networks(network_files(tmp_path), None, settings.but(hidden=4), (3,), 6)


def test_two_architectures_in_a_folder_are_refused(tmp_path, refused):
    files = saved(tmp_path, [mlp(6, 5, 3), mlp(6, 4, 3)])
    with refused(r"net-1\.pt: has 0\.weight of shape 4 × 6 instead of 5 × 6, unlike net-0\.pt; all networks"):
        load_networks(files, None, ARCHITECTURE)


def test_a_missing_layer_is_named(tmp_path, refused):
    files = saved(tmp_path, [mlp(6, 5, 3), mlp(6, 5)])
    with refused(r"net-1\.pt: has no 2\.weight, unlike net-0\.pt; all networks"):
        load_networks(files, mlp(6, 5, 3), ARCHITECTURE)


def test_another_module_is_told_apart_from_another_file(tmp_path, refused):
    files = saved(tmp_path, [mlp(6, 5, 3), mlp(6, 5, 3)])
    with refused(r"net-0\.pt: has 0\.weight of shape .*, unlike the module; name the networks' own"):
        load_networks(files, mlp(6, 4, 3), ARCHITECTURE)


def test_a_module_may_import_what_lies_beside_it(tmp_path):
    (tmp_path / "parts.py").write_text("from torch import nn\n\n\nclass Base(nn.Linear):\n    pass\n")
    (tmp_path / "nets.py").write_text("from parts import Base\n\n\ndef build():\n    return Base(2, 3)\n")
    before = list(sys.path)
    assert isinstance(module_from(f"{tmp_path / 'nets.py'}:build"), nn.Linear)
    assert sys.path == before


@pytest.mark.parametrize(
    ("shape", "classes", "said"),
    [
        ((6,), 4, r"outputs of shape \(3,\), and the examples 4 labels"),
        ((7,), 3, r"do not take inputs of shape \(7,\)"),
    ],
)
def test_examples_that_are_not_the_networks_own_are_refused(shape, classes, said, refused):
    classifier = classifier_of(mlp(6, 5, 3), ARCHITECTURE, (6,), 3)
    weights = np.zeros((2, classifier.layout.size), dtype=np.float32)
    inputs = np.ones((4, *shape), dtype=np.float32)
    check_outputs(classifier, weights, np.ones((4, 6), dtype=np.float32), 3)
    with refused(said):
        check_outputs(classifier, weights, inputs, classes)


def test_faults_of_networks_are_told_with_the_population(refused):
    with refused(r"^populations\.mine\.networks\.module: wrong"), of_population("mine"):
        raise InputError("networks.module: wrong.")
    with refused("^else"), of_population("mine"):
        raise InputError("else.")


def test_unknown_maps_are_listed(tmp_path, refused):
    files = saved(tmp_path, [nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 2)) for _ in range(2)])
    with refused(r"maps \(0 4 → 3, 1 3 → 2\) are those of no architecture .* FILE\.py:FUNCTION"):
        load_networks(files, None, ARCHITECTURE)


@pytest.mark.parametrize(
    ("code", "function", "said"),
    [
        ("def build():\n    return 3\n", "build", "gives a int and no torch.nn.Module"),
        ("def build():\n    raise ValueError('no')\n", "build", r"raises ValueError \(no\)"),
        ("def built():\n    return 3\n", "build", "unknown function 'build'; did you mean 'built'"),
        ("", "", "write FILE.py:FUNCTION"),
    ],
)
def test_a_file_that_builds_no_module_is_refused(tmp_path, refused, code, function, said):
    (tmp_path / "nets.py").write_text(code)
    with refused(said):
        module_from(f"{tmp_path / 'nets.py'}:{function}" if function else "nets")


def test_a_module_is_built_by_its_function(tmp_path):
    (tmp_path / "nets.py").write_text("from torch import nn\n\n\ndef build():\n    return nn.Linear(2, 3)\n")
    assert isinstance(module_from(f"{tmp_path / 'nets.py'}:build"), nn.Linear)


def test_described_units_are_the_rows_and_columns_of_their_maps(refused):
    layers = LinearMap("conv", 4, 18), LinearMap("norm", 4, 1), LinearMap("dense", 3, 4 * 9)
    group = UnitSettings(rows=("conv", "norm"), columns=("dense",))
    (found,) = described_units([group], layers)
    assert found == HiddenUnits(
        4, (Slots("conv", "rows", 0, False), Slots("norm", "rows", 0, False), Slots("dense", "columns", 0, False, 9))
    )
    with refused("unknown map 'nrm'; did you mean 'norm'"):
        described_units([group.but(rows=("conv", "nrm"))], layers)
    with refused("dense has 3 rows, which 4 units, the rows of conv, do not divide"):
        described_units([group.but(rows=("conv", "dense"), columns=())], layers)
