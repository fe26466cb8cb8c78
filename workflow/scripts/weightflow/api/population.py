"""Populations of networks: load trained ones, align them, make new ones, write them back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from weightflow.errors import InputError, unknown
from weightflow.networks.alignment import align_to, mean_of_aligned
from weightflow.networks.layout import HiddenUnits
from weightflow.networks.parameter_layout import ParameterLayout
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.classification import accuracy, logits, measure_norms
from weightflow.populations.generators import Examples, draw_at_once
from weightflow.populations.loading import load_networks
from weightflow.populations.metrics import distances, nearest, spread
from weightflow.populations.network_files import network_files
from weightflow.populations.registry import GENERATORS
from weightflow.populations.settings import LoadedSettings, PopulationSettings
from weightflow.populations.state_dicts import Buffers, numbered, write_networks_as_states
from weightflow.populations.tasks.task import Labelled
from weightflow.populations.unit_groups import align_with_moments, check_same_outputs, symmetries_of
from weightflow.populations.user_modules import as_module, check_outputs, classifier_of, module_from
from weightflow.seeding import Computation, stream

_WIDE = 20_000  # weights above which a flow is over principal components, unless said


@dataclass(frozen=True)
class Population:
    """Trained or generated networks of one architecture.

    Attributes:
        weights: (N, P) float32, one network a row.
        names: (N,) of the networks.
        layout: of the state dicts.
    """

    weights: np.ndarray
    names: list[str]
    layout: ParameterLayout
    _classifier: Classifier = field(repr=False)
    _inputs: np.ndarray | None = field(default=None, repr=False)
    _kept: np.ndarray | None = field(default=None, repr=False)  # (N, Q) moments of batch norms from the files
    _units: tuple[HiddenUnits, ...] | None = field(default=None, repr=False)

    @classmethod
    def load(
        cls,
        files: str | Path | Sequence[str | Path],
        *,
        module: nn.Module | Callable[[], nn.Module] | str | None = None,
        inputs: np.ndarray | None = None,
        shape: Sequence[int] | None = None,
        units: Sequence[Mapping[str, Any]] | None = None,
        **architecture: Any,
    ) -> "Population":
        """Read networks from state dicts, `.safetensors`, `.pt` or `.pth`; nothing in these files is run.

        Args:
            files: a folder, a pattern such as "runs/*.pt", or a list.
            module: the networks' module, a function that builds it, or `FILE.py:FUNCTION`, which is run; None for an
                MLP, a CNN or a residual network of the catalogue, recognised by its shapes.
            inputs: (n, …) training inputs. Batch norms of new networks are measured on them; networks from files keep
                their own moments.
            shape: of one input, if `inputs` are missing; an MLP does not need it.
            units: interchangeable hidden units, as `populations.*.networks.units` of a config: dictionaries of rows and
                columns, names of maps; None finds them by tracing.
            **architecture: keys of the section `architecture` of a config, such as activation="tanh".

        Raises:
            InputError: a file cannot be read or differs from the others, or the architecture is unknown.
        """
        built = _module(module)
        settings = ArchitectureSettings.of(architecture, "Population.load")
        given = None if shape is None else tuple(shape)
        if inputs is not None:
            inputs = np.asarray(inputs, dtype=np.float32)
            given = inputs.shape[1:]
        loaded = load_networks(network_files(files), built, settings, given)
        given = given or (loaded.layout.layers[0].inputs,)
        classes = loaded.layout.layers[-1].neurons
        classifier = classifier_of(built, loaded.architecture or settings, given, classes)
        if inputs is not None:
            check_outputs(classifier, loaded.weights, inputs)
        described = None
        if units is not None:
            own = LoadedSettings.of({"units": [dict(group) for group in units]}, "Population.load")
            described = symmetries_of(classifier, own)
        kept = loaded.moments(classifier.norms)
        return cls(loaded.weights, loaded.names, loaded.layout, classifier, inputs, kept, described)

    def __len__(self) -> int:
        """Number of networks."""
        return len(self.weights)

    def __repr__(self) -> str:
        """Number and size of the networks."""
        maps = " → ".join(str(layer.neurons) for layer in self.layout.layers if layer.inputs > 1)
        return f"<Population of {len(self)} networks of {self.layout.size} weights, {maps}>"

    def align(self, reference: int | str = "central", sweeps: int | None = None, rounds: int = 0) -> "Population":
        """Put the hidden units of every network in the order of a reference's; the functions do not change.

        Args:
            reference: index or name of a network; "central" takes the one nearest to all others.
            sweeps: largest number of passes over all layers; None for no limit.
            rounds: number of times that the reference is replaced by the mean of the networks aligned to it.

        Raises:
            InputError: the units of the module cannot be found (the layer is named), or are described wrongly: another
                order would change the functions.
        """
        symmetries = self._classifier.symmetries if self._units is None else self._units
        layers, first = self.layout.layers, self.weights[self._place(reference)]
        goal = mean_of_aligned(layers, symmetries, self.weights, first, rounds, sweeps)
        if self._kept is not None:
            weights, kept = align_with_moments(self._classifier, symmetries, self.weights, self._kept, goal, sweeps)
            self._check(weights)
            return replace(self, weights=weights, _kept=kept)
        aligned = align_to(layers, symmetries, self.weights, goal, sweeps)
        self._check(aligned)
        return replace(self, weights=aligned.astype(np.float32))

    def generate(
        self, count: int, *, method: str = "flow", labels: np.ndarray | None = None, seed: int = 0, **settings: Any
    ) -> "Population":
        """New networks from a distribution fitted to these; align them first.

        Args:
            count: of new networks.
            method: flow (flow matching), or another of the generators: corrected, repaired, mixed, gaussian,
                covariance, kernel, jittered.
            labels: (n,) of the inputs given to `load`, the number of an output each; for `corrected` alone. A fifth of
                the inputs is held back, to choose the correction's parameters.
            seed: of the fit and of the draws.
            **settings: keys of the section `flow` of a config, such as steps=2000, components=50, or of `correction`.

        Raises:
            InputError: an unknown method or setting, all networks are the same, or inputs or labels are missing.
        """
        if method not in GENERATORS:
            raise InputError(f"generate: {unknown('method', method, GENERATORS)}")
        if count < 1:
            raise InputError(f"generate: {count} networks cannot be drawn; ask for one at least.")
        own = GENERATORS[method]
        if labels is not None and method != "corrected":
            raise InputError(f"generate: {method} does not read labels; leave them out, or take method='corrected'.")
        if "alignments" in settings:
            raise InputError("generate: alignments is a key of configs; align the population itself, or do not.")
        if own.learned is None:
            if settings:
                raise InputError(
                    f"generate: {method} has no settings, and {', '.join(settings)} is given; leave it out."
                )
            made = draw_at_once(method, self.weights, self._classifier, self._inputs, count, seed)
        else:
            asked = PopulationSettings()
            asked = asked.but(**{own.section: type(getattr(asked, own.section)).of(settings, "generate")})
            if method == "flow" and asked.flow.components is None and self.layout.size > _WIDE:
                asked = asked.but(flow=asked.flow.but(components=len(self) - 1))
            computation = Computation(seed, torch.device("cpu"))
            examples = None if labels is None else self._examples(labels, seed)
            fitted = own.learned.load().fit(self.weights, self._classifier, examples, asked, computation)
            made = fitted.draw(count, seed, own.knob.usual)
        return replace(self, weights=made, names=numbered(count), _kept=None)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """(N, n, classes) outputs of all networks for inputs (n, …).

        Raises:
            InputError: the networks do not take inputs of this shape, or have batch norms without moments.
        """
        weights, given = torch.as_tensor(self.weights), np.asarray(inputs, dtype=np.float32)
        check_outputs(self._classifier, self.weights, given)
        return logits(self._classifier, weights, self._moments(), torch.as_tensor(given)).numpy()

    def accuracy(self, inputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """(N,) share of inputs (n, …) to which each network gives their label (n,), the number of an output from 0 on.

        Raises:
            InputError: as `logits`, or the labels are no such numbers, one for each input.
        """
        said = self.logits(inputs)
        given = _labels(labels, len(said[0]), said.shape[-1], "accuracy")
        return accuracy(torch.as_tensor(said), torch.as_tensor(given)).numpy()

    def nearest(self, others: "Population") -> np.ndarray:
        """(N,) distance of each network from the nearest of others, in units of the mean distance between those."""
        return nearest(self.weights, others.weights) / spread(others.weights)

    def state(self, network: int | str) -> dict[str, Tensor]:
        """The state dict of a network, by its index or name, for its module's `load_state_dict`."""
        place = self._place(network)
        kept = None if self._kept is None else self._kept[place : place + 1]
        one = replace(self, weights=self.weights[place : place + 1], names=[self.names[place]], _kept=kept)
        buffers = one._buffers()
        return self.layout.state(one.weights[0].copy()) | (buffers.state(0) if buffers is not None else {})

    def save(self, folder: str | Path) -> list[Path]:
        """Write every network as a state dict, `NAME.safetensors`, and return the files.

        Raises:
            InputError: the folder has other networks, which would be read together with these.
        """
        others = {path.stem for path in Path(folder).glob("*.safetensors")} - set(self.names)
        if others:
            raise InputError(f"{folder}: has other networks, such as {min(others)}; save to another folder.")
        return write_networks_as_states(folder, self.layout, self.weights, self.names, self._buffers())

    def _place(self, network: int | str) -> int:
        if network == "central":
            return int(distances(self.weights, self.weights).sum(1).argmin())
        if isinstance(network, str):
            if network not in self.names:
                raise InputError(f"Population: {unknown('network', network, self.names)}")
            return self.names.index(network)
        if not -len(self) <= network < len(self):
            raise InputError(f"Population: there are {len(self)} networks and no {network}; count from 0.")
        return network % len(self)

    def _examples(self, labels: np.ndarray, seed: int) -> Examples:
        """The labelled inputs, split at random."""
        if self._inputs is None:
            raise InputError("generate: labels are of the training inputs; give inputs=… to Population.load.")
        given = _labels(labels, len(self._inputs), self.layout.layers[-1].neurons, "generate")
        if len(given) < 2:
            raise InputError("generate: one input is too few for corrected networks; load the population with more.")
        order = stream(seed, "population", "examples").permutation(len(given))
        held = max(1, len(order) // 5)
        parts = (Labelled(self._inputs[part], given[part]) for part in (order[held:], order[:held]))
        return Examples(*parts)

    def _check(self, aligned: np.ndarray) -> None:
        """Refuse an alignment that changes the functions, on inputs of the population or random ones."""
        inputs = self._inputs
        if inputs is None:
            inputs = np.random.default_rng(0).standard_normal((32, *self._classifier.shape), dtype=np.float32)
        check_same_outputs(self._classifier, self.weights, aligned, inputs)

    def _moments(self) -> Tensor:
        """(N, Q) moments of batch norms: those of the files, else on the training inputs."""
        if self._kept is not None:
            return torch.as_tensor(self._kept)
        if self._classifier.norms and self._inputs is None:
            raise InputError(
                "Population: the networks have batch norms, whose moments are measured on training inputs; give "
                "inputs=… to Population.load."
            )
        inputs = np.zeros((1, 1), dtype=np.float32) if self._inputs is None else self._inputs
        return measure_norms(self._classifier, torch.as_tensor(self.weights), torch.as_tensor(inputs))

    def _buffers(self) -> Buffers | None:
        if not self._classifier.norms:
            return None
        return Buffers.of(self._classifier, self.layout, self._moments())


def _labels(labels: np.ndarray, count: int, outputs: int, where: str) -> np.ndarray:
    """(count,) labels as integers; raises InputError if they are no numbers of outputs."""
    given = np.asarray(labels)
    if given.shape != (count,) or given.dtype.kind not in "iu":
        raise InputError(
            f"{where}: labels are {count} whole numbers, one for each input, and an array of shape {given.shape} and "
            f"type {given.dtype} is given; give one whole number for each."
        )
    if given.min() < 0 or given.max() >= outputs:
        raise InputError(f"{where}: labels are numbers of outputs, 0 to {outputs - 1}; number them so.")
    return given.astype(np.int64)


def _module(given: nn.Module | Callable[[], nn.Module] | str | None) -> nn.Module | None:
    if given is None or isinstance(given, nn.Module):
        return given
    if isinstance(given, str):
        return module_from(given)
    return as_module(given(), getattr(given, "__name__", "the function"))
