"""A fitted model from its files: its backbone and its weights at any time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from weightflow import seeding
from weightflow.data.snapshots import Snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.networks.backbones import Backbone, make_backbone
from weightflow.prediction.distributions import MovedNetwork
from weightflow.prediction.moving_density import WeightsAt
from weightflow.prediction.moving_weights import WeightFiles, read_weights
from weightflow.seeding import Computation
from weightflow.settings import Plain


@dataclass(frozen=True)
class FittedModel:
    """A model that was fitted with one seed.

    Attributes:
        name: of the model.
        seed: of the fit.
        data: the data set of the fit.
        backbone: the density at given weights.
        weights_at: function from grids of times to weights on each.
    """

    name: str
    seed: int
    data: Snapshots
    backbone: Backbone
    weights_at: WeightsAt

    def weights(self, times: np.ndarray) -> torch.Tensor:
        """(T, P) float32 weights at increasing times (T,)."""
        (found,) = self.weights_at([np.asarray(times, dtype=float)])
        return torch.as_tensor(found, dtype=torch.float32)

    def along(self, times: np.ndarray, most_states: int, draws: int) -> Iterator[MovedNetwork]:
        """The distributions at increasing times (T,).

        The draws have the same random numbers at all times, so that what is estimated from them is smooth in time.

        Args:
            times: (T,).
            most_states: of a distribution whose sums are exact.
            draws: for sums that are not.
        """
        seed = seeding.integer(self.seed, "along")
        for weights in self.weights(times).split(1):
            yield MovedNetwork(self.backbone, weights, self.data.space, seed, most_states=most_states, draws=draws)


def read_fitted(
    name: str, seed: int, paths: Sequence[str], parts: Sequence[str], settings: Plain, data: Snapshots
) -> FittedModel:
    """A fitted model from its files.

    Args:
        name: of the model.
        seed: of the fit.
        paths: its files.
        parts: what each file is, by the names of `WeightFiles`.
        settings: `dynamics`, `solver` and `continuation` of the model.
        data: the data set of the fit.
    """
    files = WeightFiles(**dict(zip(parts, paths, strict=True)))
    graph = read_weight_graph(files.graph)
    computation = Computation(seed, torch.device("cpu"))
    backbone = make_backbone(graph.backbone, data.variables, data.space)
    weights_at = read_weights(files, graph, ModelSettings.parts(settings), data.times, computation)
    return FittedModel(name, seed, data, backbone, weights_at)


def read_each(
    runs: Iterable[tuple[str, int, Sequence[str]]], paths: Iterable[str], settings: Mapping[str, Plain], data: Snapshots
) -> Iterator[FittedModel]:
    """Several fitted models from their files, one after the other.

    Args:
        runs: name, seed and the names of its files for each.
        paths: the files of all of them in this order.
        settings: as for `read_fitted`, by the name of the model.
        data: the data set of the fits.
    """
    left = iter(paths)
    for name, seed, parts in runs:
        yield read_fitted(name, seed, list(islice(left, len(parts))), parts, settings[name], data)
