"""The weight graph: the anchors as tokens, one for each neuron."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from weightflow.errors import InputError
from weightflow.networks.layout import LinearMap
from weightflow.networks.settings import BackboneSettings
from weightflow.networks.tokens import to_tokens, token_mask
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "weight graph"


@dataclass(frozen=True)
class WeightGraph:
    """Anchors as tokens.

    Attributes:
        layers: the backbone's linear maps, in token order.
        times: (K,) times of the anchors.
        tokens: (K, n_tokens, n_features).
        mask: (n_tokens, n_features), true where a weight is.
        layer: (n_tokens,) index of each token's layer.
        neuron: (n_tokens,) index of the neuron in its layer.
        anchors: digest of the anchors the graph was built from.
        backbone: settings of the network whose weights these are.
    """

    layers: tuple[LinearMap, ...]
    times: np.ndarray
    tokens: np.ndarray
    mask: np.ndarray
    layer: np.ndarray
    neuron: np.ndarray
    anchors: str
    backbone: BackboneSettings

    @property
    def weights(self) -> np.ndarray:
        """(K, P) flat weights of the anchors."""
        return self.tokens[:, self.mask]


def build_weight_graph(
    layers: Sequence[LinearMap], weights: np.ndarray, times: np.ndarray, anchors: str, backbone: BackboneSettings
) -> WeightGraph:
    """The graph of K anchors' flat weights (K, P)."""
    expected = sum(layer.weights for layer in layers)
    if weights.shape != (len(times), expected):
        raise ValueError(f"expected weights {(len(times), expected)}, got {weights.shape}")
    return WeightGraph(
        layers=tuple(layers),
        times=times,
        tokens=to_tokens(layers, weights),
        mask=token_mask(layers),
        layer=np.repeat(np.arange(len(layers)), [layer.neurons for layer in layers]),
        neuron=np.concatenate([np.arange(layer.neurons) for layer in layers]),
        anchors=anchors,
        backbone=backbone,
    )


def write_weight_graph(path: str | Path, graph: WeightGraph, **metadata: Any) -> None:
    """Write the graph, with the settings of its backbone."""
    write_tensors(
        path,
        KIND,
        {
            "times": graph.times,
            "tokens": graph.tokens,
            "mask": graph.mask.astype(np.uint8),
            "layer": graph.layer,
            "neuron": graph.neuron,
        },
        layers=[astuple(layer) for layer in graph.layers],
        anchors=graph.anchors,
        backbone=graph.backbone.plain(),
        **metadata,
    )


def read_weight_graph(path: str | Path) -> WeightGraph:
    """Read a saved graph.

    Raises:
        InputError: the file is damaged, or its parts do not fit each other.
    """
    artefact = read_tensors(path, KIND, finite=True)
    tensors = artefact.tensors
    with parts_of(path):
        layers = tuple(LinearMap(*entry) for entry in artefact.metadata["layers"])
        mask, tokens = tensors["mask"].astype(bool), tensors["tokens"]
        declared = sum(layer.neurons for layer in layers), max(layer.columns for layer in layers)
        fits = declared == mask.shape == tokens.shape[1:] and np.array_equal(mask, token_mask(layers))
        if not fits or tensors["times"].shape != tokens.shape[:1]:
            raise InputError(f"{path}: tokens and layer table do not fit; delete it and run again to rebuild it.")
        return WeightGraph(
            layers,
            tensors["times"],
            tokens,
            mask,
            tensors["layer"],
            tensors["neuron"],
            artefact.metadata["anchors"],
            BackboneSettings.model_validate(artefact.metadata["backbone"]),
        )
