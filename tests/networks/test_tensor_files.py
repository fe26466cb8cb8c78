"""State dicts of others: read from the usual places in their files, as tensors alone."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from weightflow.errors import InputError
from weightflow.networks.tensor_files import load, load_state, unwrapped


class Code:
    """Opening it would run code."""

    def __reduce__(self):
        return print, ("run",)


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict()


@pytest.mark.parametrize("key", ["", "state_dict", "model_state_dict", "model"])
def test_a_state_dict_is_found_alone_and_in_a_checkpoint(tmp_path, state, key):
    file = tmp_path / "net.pt"
    torch.save({"epoch": 3, key: state} if key else state, file)
    found = load_state(file)
    assert all(torch.equal(found[name], value) for name, value in state.items())


def test_safetensors_are_read_too(tmp_path, state):
    save_file(state, tmp_path / "net.safetensors")
    assert set(load_state(tmp_path / "net.safetensors")) == set(state)


def test_the_prefix_of_a_wrapper_goes_only_where_the_names_need_it(state):
    wrapped = {f"module.{name}": value for name, value in state.items()}
    assert set(unwrapped(wrapped, list(state))) == set(state)
    assert set(unwrapped(wrapped, list(wrapped))) == set(wrapped)
    assert set(unwrapped(wrapped, ["other"])) == set(wrapped)


@pytest.mark.parametrize(
    ("read", "content", "said"),
    [
        (load, Code(), "would run code; save its state dict alone"),
        (load, {"a": torch.ones(1), "b": "text"}, "holds more than tensors"),
        (load, {}, "holds no tensors"),
        (load, torch.tensor([1.0, float("nan")]), "infinite or NaN; fetch it again"),
        (load, b"text", "is damaged or no file of tensors"),
        (load, None, "there is no file"),
        (load_state, Code(), "would run code; save its state dict alone"),
        (load_state, {"epoch": 3}, "holds no state dict; save network.state_dict"),
        (load_state, torch.ones(2), "holds no state dict"),
        (load_state, {"a.weight": torch.tensor([1.0, float("nan")])}, "a.weight has numbers that are infinite or NaN"),
        (load_state, b"text", "is damaged or no file of tensors"),
        (load_state, None, "there is no file"),
    ],
)
def test_a_file_without_what_is_asked_for_is_refused(tmp_path, read, content, said, capsys):
    file = tmp_path / "net.pt"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        torch.save(content, file)
    with pytest.raises(InputError, match=said):
        read(file)
    assert "run" not in capsys.readouterr().out
