"""Files of fitted auto-encoders of networks."""

from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import torch

from weightflow.networks.layout import LinearMap
from weightflow.networks.saved_networks import with_parameters
from weightflow.populations.autoencoders.fitting import Fitted
from weightflow.populations.autoencoders.network import WeightAutoencoder
from weightflow.populations.autoencoders.settings import AutoencoderSettings, fit_keys
from weightflow.populations.autoencoders.tokens import Weights
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "weight auto-encoder"
_NETWORK = "network."  # prefix of the parameters' names in files


def write_autoencoder(path: str | Path, fitted: Fitted, zoos: int = 1, **metadata: Any) -> None:
    """Write an auto-encoder; its losses are a table of their own.

    Args:
        path: of the file.
        fitted: the auto-encoder.
        zoos: number of architectures that it was fitted to.
        metadata: further facts.
    """
    network = fitted.network
    tensors = {f"{_NETWORK}{name}": value.cpu().numpy() for name, value in network.state_dict().items()}
    facts = {
        "layers": [[astuple(layer) for layer in network.maps.layers(zoo)] for zoo in range(zoos)],
        "settings": fit_keys(network.settings),
        "structural": fitted.structural,
    }
    write_tensors(path, KIND, tensors, **facts, **metadata)


def read_autoencoder(path: str | Path, device: torch.device) -> WeightAutoencoder:
    """Read an auto-encoder, onto a device.

    Raises:
        InputError: the file is damaged.
    """
    artefact = read_tensors(path, KIND, finite=True)
    with parts_of(path):
        state = {name.removeprefix(_NETWORK): torch.from_numpy(value) for name, value in artefact.tensors.items()}
        tables = [tuple(LinearMap(*entry) for entry in table) for table in artefact.metadata["layers"]]
        settings = AutoencoderSettings.model_validate(artefact.metadata["settings"])
        numbers = sum(value.numel() for value in state.values())
        if settings.layers > len(state) or any(own.neurons < 1 or own.columns < 1 for table in tables for own in table):
            raise ValueError("more layers than parameters, or empty ones")
        if not tables or any(sum(own.weights for own in table) > numbers for table in tables):
            raise ValueError("no networks, or larger ones than the auto-encoder")
        zoos = [Weights(table, np.zeros((2, sum(own.weights for own in table)))) for table in tables]
        network = with_parameters(lambda: WeightAutoencoder(zoos, settings), state)
    return network.to(device).eval()
