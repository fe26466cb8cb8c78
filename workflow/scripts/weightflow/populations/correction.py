"""A correction of generated networks: a map of weights, learned from the examples of their task.

Mixtures of aligned networks lie far from these and are less accurate. A perceptron reads the principal components of a
mixture and adds a change to its weights. Its loss is the cross-entropy of the changed networks, which are drawn afresh
each step: the behavioural loss of Meynent et al. (2025) on generated networks, with labels in place of the outputs of
an original.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from weightflow import seeding
from weightflow.errors import DivergenceError, InputError
from weightflow.limits import check_bytes
from weightflow.networks.learning_rate import cosine_decay
from weightflow.networks.saved_networks import parameters_behind, with_parameters
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.classification import OnDevice, accuracy, on_device
from weightflow.populations.generators import Examples
from weightflow.populations.reduction import Reduction, fit_reduction
from weightflow.populations.registry import GENERATORS
from weightflow.populations.samplers import moments_of_weights
from weightflow.populations.settings import CorrectionSettings, PopulationSettings
from weightflow.progress import progress
from weightflow.seeding import Computation
from weightflow.storage import parts_of, read_tensors, write_tensors

KIND = "weight correction"
_HELD = 5  # copies of the parameters in memory during training: parameters, gradients, two moments, the best
_WARM = 20  # steps until the full learning rate
_CHOICES = 20  # measurements on the validation part
_JUDGED = 2000  # inputs of the validation part, at most
_SEEN = 200  # recorded losses, about
_AT_ONCE = 64  # networks in a pass
_LOSSES = ["step", "loss"]
_NETWORK = "change."  # prefix of the parameters' names in files


class Change(nn.Module):
    """A perceptron from coordinates (n, d) to changes (n, P), zero at first.

    Args:
        coordinates: d.
        width: of its two hidden layers.
        weights: P.
    """

    def __init__(self, coordinates: int, width: int, weights: int):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(coordinates, width), nn.GELU(), nn.Linear(width, width), nn.GELU())
        self.last = nn.Linear(width, weights)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, coordinates: Tensor) -> Tensor:
        """(n, P) changes, in units of the deviation of the weights."""
        return self.last(self.hidden(coordinates))


@dataclass(frozen=True)
class Correction:
    """A fitted correction, with the networks whose mixtures it corrects.

    Attributes:
        change: in units of `unit`.
        reduction: of weights to the coordinates that it reads.
        unit: root mean variance of the weights.
        weights: (N, P) of the population.
        base: generator of the networks that are corrected.
        losses: table step, loss (cross-entropy on the training part, nats per label); empty for one from a file.
    """

    change: Change
    reduction: Reduction
    unit: float
    weights: np.ndarray
    base: str
    losses: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_LOSSES))

    @classmethod
    def fit(
        cls,
        weights: np.ndarray,
        classifier: Classifier,
        examples: Examples | None,
        settings: PopulationSettings,
        computation: Computation,
    ) -> Self:
        """Fit a correction to a population; arguments and errors as for `LearnedGenerator.fit`."""
        own = settings.correction
        if examples is None:
            raise InputError(
                "the generator corrected learns from examples; give inputs=… to Population.load, and labels=… to "
                "generate."
            )
        size = weights.shape[1]
        check_bytes(
            4 * _HELD * size * own.width, f"populations.*.correction: a width of {own.width} for {size} weights"
        )
        components = min(own.components, len(weights) - 1, size)
        reduction = fit_reduction(weights, components)
        unit = float(np.sqrt(np.square(moments_of_weights(weights)[1], dtype=np.float64).mean()))
        seed, device = computation.seed, computation.device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeding.integer(seed, "weight correction", "network"))
            change = Change(components, own.width, size).to(device)
        found = cls(change, reduction, unit, weights, own.base)
        losses = _train(found, classifier, examples, own, computation)
        return cls(change.eval(), reduction, unit, weights, own.base, pd.DataFrame(losses, columns=_LOSSES))

    @cached_property
    def frame(self) -> tuple[Tensor, Tensor]:
        """Mean (P,) and axes (d, P) of the reduction, on the device of the change."""
        device = next(self.change.parameters(), torch.empty(0)).device
        mean, axes = (
            torch.as_tensor(own, dtype=torch.float32, device=device) for own in (self.reduction.mean, self.axes)
        )
        return mean, axes

    @property
    def axes(self) -> np.ndarray:
        """(d, P) of the reduction."""
        if self.reduction.axes is None:
            raise ValueError("a correction reads components")
        return self.reduction.axes

    def draw(self, count: int, seed: int, value: float = 1.0) -> np.ndarray:
        """(count, P) networks of the base, each with a share `value` of its correction."""
        made = _base(self, count, seeding.stream(seed, "weight correction", "generate"))
        device = self.change.last.weight.device
        with torch.no_grad():
            for start in range(0, count, _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                made[part] = _corrected(self, torch.as_tensor(made[part], device=device), value).cpu().numpy()
        return made

    def write(self, path: str | Path, **metadata: Any) -> None:
        """Write the change, the reduction and the networks; its losses are a table of their own."""
        tensors = {f"{_NETWORK}{name}": value.cpu().numpy() for name, value in self.change.state_dict().items()}
        tensors |= {"mean": self.reduction.mean, "axes": self.axes, "weights": self.weights}
        facts = {"scale": self.reduction.scale, "unit": self.unit, "base": self.base}
        write_tensors(path, KIND, tensors, **facts, **metadata)

    @classmethod
    def read(cls, path: str | Path, device: torch.device) -> Self:
        """Read a correction, its change onto a device.

        Raises:
            InputError: the file is damaged.
        """
        artefact = read_tensors(path, KIND, finite=True)
        with parts_of(path):
            parts, facts = artefact.tensors, artefact.metadata
            state = parameters_behind(_NETWORK, parts)
            (width, coordinates), size = state["hidden.0.weight"].shape, len(state["last.bias"])
            change = with_parameters(lambda: Change(coordinates, width, size), state).to(device).eval()
            reduction, base = Reduction(parts["mean"], facts["scale"], parts["axes"]), str(facts["base"])
            if parts["axes"].shape != (coordinates, size) or parts["weights"].shape[1:] != (size,):
                raise ValueError(f"{size} changes do not fit the axes or the networks")
            if base not in GENERATORS:
                raise ValueError(f"{base} is no generator")
            return cls(change, reduction, float(facts["unit"]), parts["weights"], base)


def _base(correction: Correction, count: int, draws: np.random.Generator) -> np.ndarray:
    """(count, P) networks of the base."""
    own = GENERATORS[correction.base]
    assert own.draw is not None  # the settings offer no other
    return own.draw.load()(correction.weights, count, draws, own.knob.usual)


def _corrected(correction: Correction, networks: Tensor, share: float = 1.0) -> Tensor:
    """(n, P) networks (n, P) with a share of their correction."""
    mean, axes = correction.frame
    coordinates = (networks - mean) @ axes.T / correction.reduction.scale
    return networks + share * correction.unit * correction.change(coordinates)


def _train(
    correction: Correction,
    classifier: Classifier,
    examples: Examples,
    settings: CorrectionSettings,
    computation: Computation,
) -> list[tuple[int, float]]:
    """Losses at regular steps; the change has the parameters of the highest accuracy on the validation part."""
    draws, device = seeding.stream(computation.seed, "weight correction"), computation.device
    change, rate, count = correction.change, settings.learning_rate, settings.steps
    training, validation = (on_device(part, device) for part in (examples.training, examples.validation))
    optimiser = torch.optim.AdamW(change.parameters(), lr=rate, weight_decay=0)
    judged = torch.as_tensor(_base(correction, settings.networks, draws), device=device)
    losses: list[tuple[int, float]] = []
    best, kept = _Quality(-1.0, 0.0), dict[str, Tensor]()
    for step in progress(range(count), "correction"):
        if step % max(1, count // _CHOICES) == 0:  # before the first step, too: no change may be the best
            best, kept = _better(best, kept, correction, _validate(correction, classifier, judged, validation))
        optimiser.param_groups[0]["lr"] = rate * cosine_decay(step, count, 0.0) * min(1.0, (step + 1) / _WARM)
        networks = torch.as_tensor(_base(correction, settings.networks, draws), device=device)
        chosen = torch.as_tensor(draws.integers(len(training.labels), size=settings.batch), device=device)
        loss = _loss(classifier, _corrected(correction, networks), training.inputs[chosen], training.labels[chosen])
        if not loss.requires_grad:
            raise InputError(
                "networks.module: the outputs have no gradients, and a correction needs them; remove no_grad or detach "
                "from its forward, or set correction.alignments: []."
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if step % max(1, count // _SEEN) == 0 or step == count - 1:
            losses.append((step, loss.item()))
            if not np.isfinite(losses[-1][1]):
                raise DivergenceError(f"the correction diverged at step {step}; lower its learning_rate ({rate}).")
    best, kept = _better(best, kept, correction, _validate(correction, classifier, judged, validation))
    change.load_state_dict(kept)
    return losses


class _Quality(NamedTuple):
    """Of corrected networks on the validation part: mean accuracy, then mean loss with its sign changed."""

    accuracy: float
    goodness: float


def _better(
    best: _Quality, kept: dict[str, Tensor], correction: Correction, now: _Quality
) -> tuple[_Quality, dict[str, Tensor]]:
    """The better quality, with its parameters."""
    if now <= best:
        return best, kept
    return now, {name: own.clone() for name, own in correction.change.state_dict().items()}


@torch.no_grad()
def _validate(correction: Correction, classifier: Classifier, networks: Tensor, validation: OnDevice) -> _Quality:
    """Quality of corrected networks on the validation part, network by network to save memory."""
    inputs, labels = (part[:_JUDGED] for part in validation)
    found = []
    for own in _corrected(correction, networks).split(1):
        said = classifier.logits(own, inputs, BatchNorms())
        found.append((accuracy(said, labels).item(), -functional.cross_entropy(said[0], labels).item()))
    shares, goodness = np.nan_to_num(np.mean(found, axis=0), nan=-np.inf)
    return _Quality(float(shares), float(goodness))


def _loss(classifier: Classifier, weights: Tensor, inputs: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of networks (n, P); batch norms take the moments of these inputs."""
    said = classifier.logits(weights, inputs, BatchNorms())
    return functional.cross_entropy(said.flatten(0, 1), labels.repeat(len(weights)))
