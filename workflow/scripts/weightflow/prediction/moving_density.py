"""The moving density: backbones at the weights of each time, sampled and scored."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from weightflow import seeding
from weightflow.data.snapshots import Snapshots, check_begun
from weightflow.data.state_space import Counts, StateSpace
from weightflow.density import scoring
from weightflow.dynamics.weight_graph import WeightGraph
from weightflow.laws.law import ExactLaw
from weightflow.networks.backbones import Backbone, make_backbone
from weightflow.networks.likelihood import log_probs
from weightflow.prediction.interpolation import fine_times
from weightflow.prediction.joint_grids import joint_grids
from weightflow.prediction.predictions import Prediction, density_edges

MANY_TIMES = 40  # of the data, which make an animation without any in between
_FRAMES = slice(None, None, 4)  # of the fine path
PREFIXES = 20_000  # most prefixes that a marginal is the mean over
_AT_ONCE = 2_000_000  # probabilities held in one batch
_IN_MARGINALS = 20_000_000  # probabilities held while marginals are found

WeightsAt = Callable[[Sequence[np.ndarray]], Iterable[np.ndarray]]  # weights (T_i, P) on each grid of times (T_i,)


@dataclass(frozen=True)
class NetworkDensity:
    """A backbone at the weights of one time, as `scoring.Density` describes.

    Attributes:
        backbone: the density.
        weights: (1, P).
        space: what a state can be.
        seed: of the prefixes that marginals are the mean over, where these are too many to take all.
        leading: number of first variables that it is the density of; 0 for all.
    """

    backbone: Backbone
    weights: torch.Tensor
    space: StateSpace
    seed: int
    leading: int = 0

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-probabilities, or log-densities; −∞ for counts beyond the backbone's."""
        found = np.full(len(states), -np.inf)
        inside = self.space.contains(states)
        chosen = torch.as_tensor(self.space.coordinates(states[inside]), device=self.weights.device)
        scores = log_probs(self.backbone, self.weights, chosen, leading=bool(self.leading)).double().cpu().numpy()
        found[inside] = scores - self.space.log_volume(states.shape[1])
        return found

    def marginals(self, space: StateSpace) -> np.ndarray:
        """(d, B): exact, or the mean over 20 000 prefixes (fewer of many states) where there are more."""
        generator = torch.Generator(self.weights.device).manual_seed(self.seed)
        if isinstance(space, Counts):
            most = max(1, min(PREFIXES, _IN_MARGINALS // space.levels))
            found = self.backbone.marginals(self.weights, most, generator)[0]
        else:
            edges = torch.as_tensor(space.edge_coordinates(len(self.backbone.order)), device=self.weights.device)
            most = max(1, min(PREFIXES, _IN_MARGINALS // (max(edges.shape) * self.backbone.head.outputs)))
            found = mean_masses(self.backbone, self.weights, edges, most, generator)[0]
        return found.double().cpu().numpy()[: self.leading or None]

    def of(self, variables: np.ndarray) -> "NetworkDensity | None":
        """All variables, or the first ones, where the network has them first too; None of any others."""
        count = len(variables)
        if not np.array_equal(variables, np.arange(count)):
            return None
        if count == len(self.backbone.order):
            return self
        return dataclasses.replace(self, leading=count) if self.backbone.begins_with(count) else None


def mean_masses(backbone: Backbone, weights: Tensor, edges: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(S, d, B) probabilities of bins in every variable: the mean of its conditionals at drawn states.

    Args:
        backbone: the density.
        weights: (S, P).
        edges: (d, B + 1) in coordinates.
        count: states drawn.
        generator: of the states.
    """
    outputs = backbone.outputs(weights, backbone.sample(weights, count, generator))
    masses = [backbone.head.masses(outputs[:, :, v], own).mean(1) for v, own in enumerate(edges)]
    return torch.stack(masses, dim=1)


def predict_along(
    weights_at: WeightsAt,
    graph: WeightGraph,
    data: Snapshots,
    samples: int,
    seed: int,
    device: torch.device,
    law: ExactLaw | None,
) -> Prediction:
    """The prediction of a backbone whose weights follow a path, at the data's times.

    Args:
        weights_at: for several grids of times (T_i,) the weights (T_i, P) on each.
        graph: anchors of the path, which say what the backbone is.
        data: for the times and the held-out part.
        samples: number n of samples at each time.
        seed: of the samples.
        device: where to compute.
        law: what the densities are scored by too, where it is known.
    """
    backbone = make_backbone(graph.backbone, data.variables, data.space)
    fine = fine_times(data.times[data.times >= data.observed_times[0]])
    weights, path_weights = weights_at([data.times, fine])
    return predict_from_weights(backbone, weights, path_weights, fine, data, samples, seed, device, law)


def sample_along(
    weights_at: WeightsAt,
    graph: WeightGraph,
    data: Snapshots,
    times: Sequence[float],
    samples: int,
    seed: int,
    device: torch.device,
) -> list[np.ndarray]:
    """Samples of a backbone whose weights follow a path, at any times.

    Args:
        weights_at: as of `predict_along`.
        graph: anchors of the path, which say what the backbone is.
        data: that it was fitted to.
        times: (T,), not before the first observed snapshot; past the last one, where the weights go on.
        samples: number n of samples at each time.
        seed: of the samples.
        device: where to compute.

    Returns:
        T arrays (n, d).

    Raises:
        InputError: a time lies before the first snapshot, or past the last where the weights end there.
    """
    check_begun(times, data, "prediction.times")
    backbone = make_backbone(graph.backbone, data.variables, data.space)
    (weights,) = weights_at([np.asarray(times, dtype=float)])
    networks = torch.as_tensor(weights, dtype=torch.float32, device=device)
    generator = torch.Generator(device).manual_seed(seeding.integer(seed, "samples"))
    drawn = [backbone.sample(network, samples, generator)[0].cpu().numpy() for network in networks.split(1)]
    return [data.space.states(coordinates) for coordinates in drawn]


def predict_from_weights(
    backbone: Backbone,
    weights: np.ndarray,
    path_weights: np.ndarray,
    path_times: np.ndarray,
    data: Snapshots,
    samples: int,
    seed: int,
    device: torch.device,
    law: ExactLaw | None = None,
) -> Prediction:
    """Samples, scores, marginals and joint grids of backbones at the data's times.

    Args:
        backbone: the density.
        weights: (T, P) at the data's times.
        path_weights: (F, P), the same path on a finer grid.
        path_times: (F,).
        data: for the times and the held-out part.
        samples: number n of samples at each time.
        seed: of the samples.
        device: where to compute.
        law: what the densities are scored by too, where it is known.
    """
    generator = torch.Generator(device).manual_seed(seeding.integer(seed, "samples"))
    networks = torch.as_tensor(weights, dtype=torch.float32, device=device)
    at_once = max(1, _AT_ONCE // (samples * backbone.head.outputs))
    drawn = torch.cat([backbone.sample(part, samples, generator) for part in networks.split(at_once)])
    prefixes = seeding.integer(seed, "prefixes")
    densities = [NetworkDensity(backbone, network, data.space, prefixes) for network in networks.split(1)]
    joints = joint_grids(backbone, networks, data.space, data.pair, seeding.integer(seed, "joints"))
    frames = _FRAMES if len(joints) and len(data.times) < MANY_TIMES else slice(0)
    between = torch.as_tensor(path_weights[frames], dtype=torch.float32, device=device)
    frame_joints = joints[:0]
    if len(between):
        frame_joints = joint_grids(backbone, between, data.space, data.pair, seeding.integer(seed, "frames"))
    return Prediction(
        times=data.times,
        samples=list(data.space.states(drawn.cpu().numpy())),
        scores=scoring.score(densities, data.heldout, law),
        marginals=scoring.marginals(densities, data.space).astype(np.float32),
        edges=density_edges(data.space, len(data.variables)),
        joints=joints,
        pair=np.array(data.pair if len(joints) else (), dtype=np.int64),
        weights=weights.astype(np.float32),
        path_times=path_times,
        path_weights=path_weights.astype(np.float32),
        frame_times=path_times[frames][: len(frame_joints)],
        frame_joints=frame_joints,
    )
