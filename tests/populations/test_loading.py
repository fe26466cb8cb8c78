"""Networks of others are read from their files, recognised or by their module."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from weightflow.anchors.files import write_anchor
from weightflow.errors import InputError
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.loading import load_networks
from weightflow.populations.network_files import network_files

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


def test_unknown_maps_are_listed(tmp_path, refused):
    files = saved(tmp_path, [nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 2)) for _ in range(2)])
    with refused(r"maps \(0 4 → 3, 1 3 → 2\) are those of no architecture .* FILE\.py:FUNCTION"):
        load_networks(files, None, ARCHITECTURE)
