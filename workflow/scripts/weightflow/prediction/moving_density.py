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
from weightflow.networks.count_heads import CountHead
from weightflow.networks.likelihood import log_probs
from weightflow.prediction.figure_grids import FigureGrids, fine_times
from weightflow.prediction.joint_grids import joint_grids
from weightflow.prediction.predictions import Prediction, density_edges
from weightflow.seeding import Computation

MANY_TIMES = 40  # times of the data that suffice for an animation
_FRAMES = slice(None, None, 4)  # part of the fine path
PREFIXES = 20_000  # largest number of prefixes in the mean of a marginal
_AT_ONCE = 2_000_000  # probabilities held in one batch
_IN_MARGINALS = 20_000_000  # probabilities held in the computation of marginals

WeightsAt = Callable[[Sequence[np.ndarray]], Iterable[np.ndarray]]  # weights (T_i, P) on each grid of times (T_i,)


@dataclass(frozen=True)
class Question:
    """What to predict with a moving density.

    Attributes:
        data: the data set, for its times and its held-out part.
        samples: number n of samples at each time.
        law: the exact law, for the scores; None if it is unknown.
    """

    data: Snapshots
    samples: int
    law: ExactLaw | None = None


@dataclass(frozen=True)
class WeightsPath:
    """The weights of a moving network on two grids of times.

    Attributes:
        weights: (T, P) at the data's times.
        fine_weights: (F, P) at the fine times.
        fine_times: (F,).
    """

    weights: np.ndarray
    fine_weights: np.ndarray
    fine_times: np.ndarray


@dataclass(frozen=True)
class NetworkDensity:
    """A backbone at the weights of one time, as `scoring.Density` describes.

    Attributes:
        backbone: the density.
        weights: (1, P).
        space: the state space.
        seed: of the prefixes in marginals, if there are too many for all of them.
        leading: number of leading variables in the density; 0 for all.
    """

    backbone: Backbone
    weights: torch.Tensor
    space: StateSpace
    seed: int
    leading: int = 0

    def log_prob(self, states: np.ndarray) -> np.ndarray:
        """(n,) log-probabilities, or log-densities; −∞ for counts beyond the backbone's."""
        found = np.full(len(states), -np.inf)
        inside = self.backbone.head.support(self.space).contains(states)
        chosen = torch.as_tensor(self.space.coordinates(states[inside]), device=self.weights.device)
        scores = log_probs(self.backbone, self.weights, chosen, leading=bool(self.leading)).double().cpu().numpy()
        found[inside] = scores - self.space.log_volume(states.shape[1])
        return found

    def marginals(self, space: StateSpace, levels: int | None = None) -> np.ndarray:
        """(d, B): exact, or the mean over 20 000 prefixes (fewer for many states) if there are more."""
        generator = torch.Generator(self.weights.device).manual_seed(self.seed)
        if isinstance(space, Counts) and is_listed(self.backbone):
            levels = levels or space.levels
            found = self.backbone.marginals(self.weights, most_prefixes(space.levels), generator, levels)[0]
        else:
            edges = torch.as_tensor(space.edge_coordinates(len(self.backbone.order)), device=self.weights.device)
            if isinstance(space, Counts) and levels is not None and levels > edges.shape[1] - 1:
                edges = torch.arange(levels + 1, device=edges.device).expand(len(edges), -1) - 0.5
            most = max(1, min(PREFIXES, _IN_MARGINALS // (max(edges.shape) * self.backbone.head.outputs)))
            found = mean_masses(self.backbone, self.weights, edges, most, generator)[0]
        return found.double().cpu().numpy()[: self.leading or None]

    def of(self, variables: np.ndarray) -> "NetworkDensity | None":
        """The density of all variables, or of first ones that the network also generates first; else None."""
        count = len(variables)
        if not np.array_equal(variables, np.arange(count)):
            return None
        if count == len(self.backbone.order):
            return self
        return dataclasses.replace(self, leading=count) if self.backbone.begins_with(count) else None


def is_listed(backbone: Backbone) -> bool:
    """Whether the counts of every variable have a softmax, so that marginals are sums over prefixes."""
    return isinstance(backbone.head, CountHead) and backbone.head.all_tables


def most_prefixes(levels: int) -> int:
    """Largest number of prefixes in the mean of a marginal over some counts; with at most as many it is exact."""
    return max(1, min(PREFIXES, _IN_MARGINALS // levels))


def mean_masses(backbone: Backbone, weights: Tensor, edges: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(S, d, B) probabilities of bins in every variable: means of its conditionals at drawn states.

    Args:
        backbone: the density.
        weights: (S, P).
        edges: (d, B + 1) in coordinates.
        count: states drawn.
        generator: of the states.
    """
    states = backbone.sample(weights, count, generator)
    outputs = backbone.outputs(weights, states)
    return torch.stack([backbone.masses(outputs, states, v, own).mean(1) for v, own in enumerate(edges)], dim=1)


def predict_along(
    weights_at: WeightsAt, graph: WeightGraph, question: Question, computation: Computation
) -> Prediction:
    """The prediction of a backbone whose weights follow a path, at the data's times.

    Args:
        weights_at: function from grids of times (T_i,) to weights (T_i, P) on each.
        graph: the anchors, with the settings of the backbone.
        question: what to predict.
        computation: the device, and the seed of the samples.
    """
    data = question.data
    backbone = make_backbone(graph.backbone, data.variables, data.space)
    fine = fine_times(data.times[data.times >= data.observed_times[0]])
    weights, fine_weights = weights_at([data.times, fine])
    return predict_from_weights(backbone, WeightsPath(weights, fine_weights, fine), question, computation)


def sample_along(
    weights_at: WeightsAt,
    graph: WeightGraph,
    data: Snapshots,
    times: Sequence[float],
    samples: int,
    computation: Computation,
) -> list[np.ndarray]:
    """Samples of a backbone whose weights follow a path, at any times.

    Args:
        weights_at: as for `predict_along`.
        graph: the anchors, with the settings of the backbone.
        data: the data set of the fit.
        times: (T,), from the first observed snapshot on; past the last one if the weights continue.
        samples: number n of samples at each time.
        computation: the device, and the seed of the samples.

    Returns:
        T arrays (n, d).

    Raises:
        InputError: a time lies before the first snapshot, or past the end of the weights' path.
    """
    check_begun(times, data, "prediction.times")
    backbone = make_backbone(graph.backbone, data.variables, data.space)
    (weights,) = weights_at([np.asarray(times, dtype=float)])
    networks, generator = _on(computation.device, weights), _sampling(computation)
    drawn = [backbone.sample(network, samples, generator)[0].cpu().numpy() for network in networks.split(1)]
    return [data.space.states(coordinates) for coordinates in drawn]


def predict_from_weights(
    backbone: Backbone, path: WeightsPath, question: Question, computation: Computation
) -> Prediction:
    """Samples, scores, marginals and grids for figures of backbones at the data's times.

    Args:
        backbone: the density.
        path: of its weights.
        question: what to predict.
        computation: the device, and the seed of the samples.
    """
    data, seed = question.data, computation.seed
    networks, generator = _on(computation.device, path.weights), _sampling(computation)
    at_once = max(1, _AT_ONCE // (question.samples * backbone.head.outputs))
    drawn = torch.cat([backbone.sample(part, question.samples, generator) for part in networks.split(at_once)])
    prefixes = seeding.integer(seed, "prefixes")
    densities = [NetworkDensity(backbone, network, data.space, prefixes) for network in networks.split(1)]
    return Prediction(
        times=data.times,
        samples=list(data.space.states(drawn.cpu().numpy())),
        scores=scoring.score(densities, data.heldout, question.law),
        marginals=scoring.marginals(densities, data.space, question.law).astype(np.float32),
        edges=density_edges(data.space, len(data.variables)),
        weights=path.weights.astype(np.float32),
        figures=_figure_grids(backbone, path, data, computation),
    )


def _figure_grids(backbone: Backbone, path: WeightsPath, data: Snapshots, computation: Computation) -> FigureGrids:
    """The joint probabilities of `data.pair` at the data's times and at some of the fine ones, and the fine path."""

    def joints_at(weights: np.ndarray, label: str) -> np.ndarray:
        seed = seeding.integer(computation.seed, label)
        return joint_grids(backbone, _on(computation.device, weights), data.space, data.pair, seed)

    joints = joints_at(path.weights, "joints")
    frames = _FRAMES if len(joints) and len(data.times) < MANY_TIMES else slice(0)
    between = path.fine_weights[frames]
    frame_joints = joints_at(between, "frames") if len(between) else joints[:0]
    return FigureGrids(
        joints=joints,
        pair=np.array(data.pair if len(joints) else (), dtype=np.int64),
        path_times=path.fine_times,
        path_weights=path.fine_weights.astype(np.float32),
        frame_times=path.fine_times[frames][: len(frame_joints)],
        frame_joints=frame_joints,
    )


def _sampling(computation: Computation) -> torch.Generator:
    """The random stream of samples."""
    return torch.Generator(computation.device).manual_seed(seeding.integer(computation.seed, "samples"))


def _on(device: torch.device, weights: np.ndarray) -> Tensor:
    return torch.as_tensor(weights, dtype=torch.float32, device=device)
