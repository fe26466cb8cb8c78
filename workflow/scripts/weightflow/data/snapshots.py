"""The canonical data set: states at some times, split into training and held-out parts.

This is the contract between data preparation (preparation.py) and everything after it. Training code asks for
`observed`; only evaluation may look at the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from weightflow import seeding
from weightflow.data.outline import Outline
from weightflow.data.representation import Representation
from weightflow.data.state_space import Counts, StateSpace, from_metadata, to_metadata
from weightflow.errors import InputError
from weightflow.storage import cut, parts_of, read_metadata, read_tensors, write_tensors

KIND = "snapshots"
_MAP = ("mean", "axes", "back")  # of a representation, as tensors
LEAST_STATES = 4  # of a thinned snapshot: two for training and two for validation


class Origin(TypedDict, total=False):
    """Where a data set came from.

    Attributes:
        file: findings of `check_file.py` on the user's files.
        system: provenance of the simulation (`digests.stamp`).
    """

    file: dict[str, Any]
    system: dict[str, Any]


@dataclass(frozen=True)
class Snapshots:
    """States of d variables at T times.

    Attributes:
        times: (T,) increasing.
        training: T arrays (N_t, d); the method sees those at observed times only.
        heldout: T arrays (M_t, d) of independent data for likelihoods, or empty.
        is_observed: (T,) bool, the K snapshots the method is trained on.
        variables: d names.
        space: counts or real values.
        reference: 'heldout' or 'training', the part that sample metrics compare with.
        time_label: axis label with unit.
        representation: map from the file's values to states; None if states are the file's values.
        left_out: index of the time that a fold leaves out for evaluation; None for a whole data set.
    """

    times: np.ndarray
    training: list[np.ndarray]
    heldout: list[np.ndarray]
    is_observed: np.ndarray
    variables: list[str]
    space: StateSpace
    reference: str
    time_label: str
    representation: Representation | None = None
    left_out: int | None = None

    @property
    def observed_times(self) -> np.ndarray:
        """(K,) times of the observed snapshots."""
        return self.times[self.is_observed]

    @property
    def observed(self) -> list[np.ndarray]:
        """The K observed snapshots of the training part."""
        return [states for states, seen in zip(self.training, self.is_observed, strict=True) if seen]

    @property
    def observed_sizes(self) -> np.ndarray:
        """(K,) numbers of training states in the observed snapshots."""
        return np.array([len(states) for states in self.observed])

    @property
    def discrete(self) -> bool:
        """Whether states are counts."""
        return isinstance(self.space, Counts)

    @property
    def coordinates(self) -> list[np.ndarray]:
        """The K observed snapshots as networks see them."""
        return [self.space.coordinates(states) for states in self.observed]

    @property
    def scaling(self) -> Representation | None:
        """The representation if it only scales the variables; densities are then in the units of the file."""
        made = self.representation
        return made if made is not None and made.is_scaling else None

    @property
    def relations(self) -> list[str]:
        """Linear relations that hold in every state, as equations; none for real values."""
        return [one.text(self.variables) for one in self.space.relations] if isinstance(self.space, Counts) else []

    def values(self, states: np.ndarray) -> np.ndarray:
        """States (n, d) in the units of the file; principal components stay as they are."""
        return states if self.scaling is None else self.scaling.values(states)

    def states_at(self, t: int) -> np.ndarray:
        """(n, d) all states at the t-th time; those of an unobserved time of a file are in both parts."""
        training, held = self.training[t], self.heldout[t] if self.heldout else self.training[t][:0]
        if not len(held) or np.array_equal(training, held):
            return training
        return np.concatenate([training, held])

    @property
    def truth(self) -> list[np.ndarray]:
        """T arrays that sample metrics compare with."""
        return self.training if self.reference == "training" else self.heldout

    @property
    def pair(self) -> tuple[int, ...]:
        """Variables for figures of one joint density: the first two with more than two values.

        The first two variables if fewer have more than two values; the only variable if there is one.
        """
        many = [v for v in range(len(self.variables)) if len(np.unique(np.concatenate(self.observed)[:, v])) > 2]
        return tuple(many[:2]) if len(many) > 1 else tuple(range(len(self.variables))[:2])

    @property
    def independent(self) -> list[np.ndarray]:
        """T arrays independent of `truth`, or empty."""
        return self.heldout if self.reference == "training" else self.training

    def before(self, times: np.ndarray) -> np.ndarray:
        """(T,) index k of the observed snapshot at or before each of some times (T,); 0 for earlier times."""
        found = np.searchsorted(self.observed_times, times, side="right") - 1
        return np.clip(found, 0, len(self.observed_times) - 1)

    def of_observed_alone(self) -> "Snapshots":
        """A copy with the observed training states only: no held-out part, and no states at times not observed.

        Times, representation and space stay; the last two are computed from observed states only.
        """
        training = [s if seen else s[:0] for s, seen in zip(self.training, self.is_observed, strict=True)]
        return replace(self, training=training, heldout=[])

    def thinned(self, share: float) -> "Snapshots":
        """A copy with a share of each observed training snapshot; snapshots of equal size keep the same trajectories.

        The order in which states are left out is fixed, so a smaller share is a subset of a larger one.

        Args:
            share: part to keep, in (0, 1]; states stay in their order.

        Raises:
            InputError: too few states of a snapshot remain.
        """
        if share == 1:
            return self
        training = list(self.training)
        for t in np.flatnonzero(self.is_observed):
            snapshot = self.training[t]
            count = round(share * len(snapshot))
            if count < LEAST_STATES:
                raise InputError(
                    f"models.*.data.share: {share:g} leaves {count} of the {len(snapshot)} training states at time "
                    f"{self.times[t]:g}, and {LEAST_STATES} are needed; raise it."
                )
            # The rows left out depend only on the snapshot's size, so paired rows stay paired.
            rows = seeding.stream(0, "share").permutation(len(snapshot))
            training[t] = snapshot[np.sort(rows[:count])]
        return replace(self, training=training)


def check_begun(times: Sequence[float], data: Snapshots | Outline, where: str) -> None:
    """Refuse times before the first observed time, where models are not defined."""
    first = data.observed_times[0]
    if wrong := [time for time in times if time < first]:
        raise InputError(
            f"{where}: {wrong[0]:g} is before the first observed time {first:g}, where models are not defined; "
            "take it out."
        )


def write_snapshots(path: str | Path, data: Snapshots, source: Origin) -> None:
    """Write the canonical file with the origin of the data, checksums included."""
    dtype = np.int32 if data.discrete else np.float64
    tensors: dict[str, np.ndarray] = {"times": data.times.astype(np.float64)}
    tensors["is_observed"] = data.is_observed.astype(np.uint8)
    for part in ("training", "heldout"):
        snapshots = getattr(data, part)
        empty = np.zeros((0, len(data.variables)))
        tensors[f"{part}.states"] = np.concatenate(snapshots or [empty], dtype=dtype, casting="unsafe")
        tensors[f"{part}.counts"] = np.array([len(s) for s in snapshots], dtype=np.int64)
    names = None
    if data.representation is not None:
        tensors |= {f"representation.{part}": getattr(data.representation, part) for part in _MAP}
        names = data.representation.names
    write_tensors(
        path,
        KIND,
        tensors,
        represented=names,
        variables=data.variables,
        space=to_metadata(data.space),
        reference=data.reference,
        time_label=data.time_label,
        source=source,
        observed=int(data.is_observed.sum()),
        left_out=data.left_out,
    )


def observed_count(path: str | Path) -> int:
    """Number K of observed snapshots in a canonical file, without reading its states."""
    about = read_metadata(path)
    with parts_of(path):
        return int(about["observed"])


def read_snapshots(path: str | Path) -> Snapshots:
    """Read the canonical file."""
    artefact = read_tensors(path, KIND, finite=True)
    tensors, about = artefact.tensors, artefact.metadata
    with parts_of(path):
        training, heldout = (
            cut(tensors[f"{part}.states"], tensors[f"{part}.counts"]) if len(tensors[f"{part}.counts"]) else []
            for part in ("training", "heldout")
        )
        for unread in ("source", "observed"):
            about.pop(unread)
        space, names = from_metadata(about.pop("space")), about.pop("represented")
        made = None if names is None else Representation(names, *(tensors[f"representation.{k}"] for k in _MAP))
        times, is_observed = tensors["times"], tensors["is_observed"].astype(bool)
        if not times.shape == is_observed.shape == (len(training),):
            raise ValueError
        return Snapshots(times, training, heldout, is_observed, space=space, representation=made, **about)


def read_training(path: str | Path, share: float) -> Snapshots:
    """Read the canonical file with only a share of the observed training states."""
    return read_snapshots(path).thinned(share).of_observed_alone()
