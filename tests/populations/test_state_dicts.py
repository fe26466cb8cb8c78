"""What is written is what a module loads."""

import torch
from safetensors.torch import load_file
from torch import nn

from tests.populations.test_loading import ARCHITECTURE, saved
from weightflow.populations.loading import load_networks
from weightflow.populations.state_dicts import Buffers, numbered, write_networks_as_states
from weightflow.populations.user_modules import classifier_of


def test_new_networks_are_named_in_their_order():
    assert numbered(3) == ["network-0", "network-1", "network-2"]
    assert numbered(11)[9:] == ["network-09", "network-10"]


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
