"""The canonical data set: states at some times, split into training and held-out parts.

This is the contract between data preparation and everything after it. Training code asks for
`observed`; only evaluation may look at the rest.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from weightflow import seeding
from weightflow.data.representation import Representation, check_components, check_spread, fit_representation
from weightflow.data.state_space import Counts, Reals, StateSpace, from_metadata, to_metadata
from weightflow.errors import InputError
from weightflow.storage import cut, parts_of, read_metadata, read_tensors, write_tensors

if TYPE_CHECKING:
    from weightflow.formats.raw_snapshots import Recording  # which loads pandas, and every job reads snapshots

KIND = "snapshots"
MIN_SNAPSHOTS = 3
_LEAST_HEADROOM = 4
_MAP = ("mean", "axes", "back")  # of a representation, as tensors
_LEAST_STATES = 4  # of a snapshot that is thinned: two to learn from and two to validate choices with


@dataclass(frozen=True)
class Snapshots:
    """States of d variables at T times.

    Attributes:
        times: (T,) increasing.
        training: T arrays (N_t, d); the method sees those at observed times only.
        heldout: T arrays (M_t, d) of independent data for likelihoods, or empty where there are none.
        is_observed: (T,) bool, the K snapshots the method is trained on.
        variables: d names.
        space: what a state can be, counts or real values.
        reference: 'heldout' or 'training', the part that sample metrics compare with.
        time_label: axis label with unit.
        representation: how states are made from the file's values; None where they are these.
        left_out: index of the time that a fold leaves out, to be judged there; None of any other data set.
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
    def discrete(self) -> bool:
        """Whether states are counts."""
        return isinstance(self.space, Counts)

    @property
    def coordinates(self) -> list[np.ndarray]:
        """The K observed snapshots as networks see them."""
        return [self.space.coordinates(states) for states in self.observed]

    @property
    def truth(self) -> list[np.ndarray]:
        """T arrays that sample metrics compare with."""
        return self.training if self.reference == "training" else self.heldout

    @property
    def pair(self) -> tuple[int, ...]:
        """The variables that a figure of one joint density shows: the first two with more than two values.

        Where fewer have as many, the first two; where there is one variable, that one.
        """
        many = [v for v in range(len(self.variables)) if len(np.unique(np.concatenate(self.observed)[:, v])) > 2]
        return tuple(many[:2]) if len(many) > 1 else tuple(range(len(self.variables))[:2])

    @property
    def independent(self) -> list[np.ndarray]:
        """T arrays independent of `truth`, or empty."""
        return self.heldout if self.reference == "training" else self.training

    def before(self, times: np.ndarray) -> np.ndarray:
        """(T,) index k of the observed snapshot at or before each of some times (T,); 0 of times before them all."""
        found = np.searchsorted(self.observed_times, times, side="right") - 1
        return np.clip(found, 0, len(self.observed_times) - 1)

    def of_observed_alone(self) -> "Snapshots":
        """Without any state that the method must not see: no held-out part, and nothing at times not observed.

        The times themselves stay, as do the representation and the space, which are made of observed states alone.
        """
        training = [s if seen else s[:0] for s, seen in zip(self.training, self.is_observed, strict=True)]
        return replace(self, training=training, heldout=[])

    def thinned(self, share: float) -> "Snapshots":
        """With a part of each observed training snapshot; the same trajectories in all that are equally large.

        The order in which states are left out is fixed, so that a smaller share is part of a larger one.

        Args:
            share: part to keep, in (0, 1]; states stay in their order.

        Raises:
            InputError: too few states of a snapshot would be left.
        """
        if share == 1:
            return self
        training = list(self.training)
        for t in np.flatnonzero(self.is_observed):
            snapshot = self.training[t]
            count = round(share * len(snapshot))
            if count < _LEAST_STATES:
                raise InputError(
                    f"models.*.data.share: {share:g} leaves {count} of the {len(snapshot)} training states at time "
                    f"{self.times[t]:g}, and {_LEAST_STATES} are needed; raise it."
                )
            # The size alone says which rows are left out, so paired ones stay paired.
            rows = seeding.stream(0, "share").permutation(len(snapshot))
            training[t] = snapshot[np.sort(rows[:count])]
        return replace(self, training=training)


def check_states(recording: "Recording", settings: Mapping[str, Any], where: str) -> None:
    """Refuse data that no later stage could use.

    Args:
        recording: what a file or a simulation holds.
        settings: the data set's: `kind`, `max_states`, `scale`, `components`, `time_column`.
        where: the file, for messages.

    Raises:
        InputError: with the place, the fault and the fix.
    """
    times, states = np.asarray(recording.times, dtype=float), recording.states
    discrete, max_states = settings["kind"] == "discrete", settings["max_states"]
    if len(times) != len(states):
        raise InputError(f"{where}: {len(states)} snapshots but {len(times)} times; give one time for each.")
    if not np.isfinite(times).all():
        raise InputError(f"{where}: the times hold NaN or infinity; give a number for each snapshot.")
    if (wrong := np.flatnonzero(np.diff(times) <= 0)).size:
        i = int(wrong[0])
        fault = "repeated" if times[i] == times[i + 1] else f"followed by {times[i + 1]:g}"
        raise InputError(f"{where}: time {times[i]:g} is {fault}; times must increase.")
    if settings["time_column"] in recording.variables:
        raise InputError(
            f"{where}: a variable is called {settings['time_column']}, as the times are; rename it, or set time_column."
        )
    for time, snapshot in zip(times, states, strict=True):
        at = f"{where}: the snapshot at time {time:g}"
        if snapshot.ndim != 2 or snapshot.shape[1] == 0:
            raise InputError(f"{at} has shape {snapshot.shape}; expected (states, variables).")
        if len(snapshot) == 0:
            raise InputError(f"{at} is empty; remove its time or add states.")
        if not np.isfinite(snapshot).all():
            raise InputError(f"{at} holds NaN or infinity; remove or mend those rows.")
        if not discrete and len(snapshot) < 2:
            raise InputError(f"{at} has a single state, which has no density; remove its time or add states.")
        if discrete and (snapshot < 0).any():
            raise InputError(f"{at} holds negative counts; counts are 0 or more.")
        if discrete and (snapshot != np.round(snapshot)).any():
            raise InputError(f"{at} holds fractions; counts are whole numbers, real values need kind: continuous.")
        if discrete and snapshot.max() >= max_states:
            raise InputError(
                f"{at} holds the count {snapshot.max():g}, and max_states is {max_states}; raise max_states or rescale."
            )
    if not discrete:
        check_spread(states, recording.variables, where)
        if settings["components"] is not None:
            check_components(settings["components"], sum(map(len, states)), states[0].shape[1], where)


def check_observed(is_observed: np.ndarray, where: str) -> None:
    """Refuse fewer observed snapshots than a path through them needs."""
    if (count := int(is_observed.sum())) < MIN_SNAPSHOTS:
        raise InputError(
            f"{where}: {count} of {len(is_observed)} snapshots are observed, and a path needs at least "
            f"{MIN_SNAPSHOTS}; add snapshots, or lower observe_every or hold_back."
        )


def check_begun(times: Sequence[float], data: Snapshots, where: str) -> None:
    """Refuse times before the first snapshot, where models say nothing."""
    first = data.observed_times[0]
    if wrong := [time for time in times if time < first]:
        raise InputError(
            f"{where}: {wrong[0]:g} is before the first observed time {first:g}, and a model says nothing there; "
            "take it out."
        )


def observed_mask(times: int, every: int, hold_back: int = 0) -> np.ndarray:
    """(T,) bool: every n-th time from the first on is an observed snapshot, but for the last.

    Args:
        times: T.
        every: n.
        hold_back: how many of the last times are not observed, whatever they would be otherwise.
    """
    return (np.arange(times) % every == 0) & (np.arange(times) < times - hold_back)


def states_with_headroom(observed: list[np.ndarray], most: int) -> int:
    """L from the observed snapshots: a tenth above the largest count, and at least 4, so that unseen counts fit too.

    Counts of `most` or more are refused, so there is no need for more states than that.
    """
    largest = max(int(snapshot.max()) for snapshot in observed)
    return min(largest + 1 + max(_LEAST_HEADROOM, math.ceil(0.1 * largest)), most)


def heldout_amount(dataset: Mapping[str, Any]) -> float:
    """Held-out part of a data set: trajectories to simulate (1 or more), share of the file to split off, or 0."""
    if dataset["heldout"] is not None:
        return dataset["heldout"]
    return 1000 if dataset["system"] else 0.2


def split(
    states: list[np.ndarray], fraction: float, paired: bool, rng: np.random.Generator, where: str
) -> tuple[list, list]:
    """Split states at random into training and held-out parts.

    Args:
        states: T arrays (N_t, d).
        fraction: share to hold out, in [0, 1).
        paired: row n is the same trajectory at every time, so whole trajectories are held out.
        rng: the draws.
        where: the file, for messages.

    Returns:
        (training, heldout), T arrays each; every part keeps at least one state per time.

    Raises:
        InputError: a snapshot has too few states for two parts.
    """
    if fraction == 0:
        return states, []
    if min(map(len, states)) < 2:
        raise InputError(
            f"{where}: a snapshot with a single state cannot be split; add states, or set heldout: 0 and reference: "
            "training."
        )
    training, heldout = [], []
    order = rng.permutation(len(states[0])) if paired else None
    for snapshot in states:
        rows = order if order is not None else rng.permutation(len(snapshot))
        count = min(max(1, round(fraction * len(snapshot))), len(snapshot) - 1)
        heldout.append(snapshot[np.sort(rows[:count])])
        training.append(snapshot[np.sort(rows[count:])])
    return training, heldout


def assemble(
    recording: "Recording",
    heldout: list[np.ndarray] | None,
    settings: Mapping[str, Any],
    fraction: float,
    rng: np.random.Generator,
) -> Snapshots:
    """The canonical data set from a checked recording.

    Args:
        recording: what a file or a simulation holds.
        heldout: T arrays of independent states, or None to split `fraction` off the recording.
        settings: the data set's settings.
        fraction: share of the recording to hold out, where `heldout` is None.
        rng: draws of the split.

    Raises:
        InputError: the parts do not fit each other, or too few snapshots are observed.
    """
    discrete, variables = settings["kind"] == "discrete", recording.variables
    states = [s.astype(np.int64 if discrete else np.float64) for s in recording.states]
    training, independent = states, heldout is not None
    if heldout is None:
        from weightflow.formats.reading import as_files  # they read every format, and most jobs read this file's alone

        where = ", ".join(as_files(settings.get("file")))
        training, heldout = split(states, fraction, recording.paired, rng, where)
    elif len(heldout) != len(states) or heldout[0].shape[1] != states[0].shape[1]:
        raise InputError(
            f"the system gives {len(heldout)} times of {heldout[0].shape[1]} variables and the file {len(states)} "
            f"of {states[0].shape[1]}; name the system the file came from, or set heldout to a fraction."
        )
    hold_back, left_out = settings["hold_back"], None
    is_observed = observed_mask(len(states), settings["observe_every"], hold_back)
    if (fold := settings.get("fold")) is not None:
        left_out = int(np.flatnonzero(is_observed)[fold])
        is_observed[left_out] = False
    if not recording.paired and not independent:  # nothing is trained on at these times, so all of it may judge
        heldout = heldout or [states[0][:0]] * len(states)
        training, heldout = (
            [s if seen else whole for s, seen, whole in zip(part, is_observed, states, strict=True)]
            for part in (training, heldout)
        )
    observed = [s for s, seen in zip(training, is_observed, strict=True) if seen]
    if not discrete and min(map(len, observed)) < 2:
        raise InputError(
            "of a snapshot with two states heldout leaves one to learn from, which has no density; add states, or set "
            "heldout: 0 and reference: training."
        )
    check_observed(is_observed, "the data set")
    representation = None
    if settings["scale"] != "none" or settings["components"] is not None:
        representation = fit_representation(observed, states[: len(states) - hold_back], variables, settings)
        training, heldout = ([representation.states(s) for s in part] for part in (training, heldout))
        observed = [s for s, seen in zip(training, is_observed, strict=True) if seen]
        if settings["components"] is not None:
            variables = [f"PC{i + 1}" for i in range(settings["components"])]
    return Snapshots(
        times=np.asarray(recording.times, dtype=float),
        training=training,
        heldout=heldout,
        is_observed=is_observed,
        variables=variables,
        space=_counts(observed, settings) if discrete else Reals.of(observed),
        reference=settings["reference"],
        time_label=settings["time_label"],
        representation=representation,
        left_out=left_out,
    )


def _counts(observed: list[np.ndarray], settings: Mapping[str, Any]) -> Counts:
    """The space of counts that a data set asks for, or that its observed training snapshots need."""
    levels = settings["states"] or states_with_headroom(observed, settings["max_states"])
    largest = max(int(s.max()) for s in observed)
    if largest >= levels:
        raise InputError(f"the largest observed count is {largest}, and states is {levels}; raise states.")
    return Counts(levels)


def write_snapshots(path: str | Path, data: Snapshots, source: Mapping[str, Any]) -> None:
    """Write the canonical file; `source` says where the data came from, with checksums."""
    dtype = np.int32 if data.discrete else np.float64
    tensors = {"times": data.times.astype(np.float64), "is_observed": data.is_observed.astype(np.uint8)}
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
        parts = {
            part: cut(tensors[f"{part}.states"], tensors[f"{part}.counts"]) if len(tensors[f"{part}.counts"]) else []
            for part in ("training", "heldout")
        }
        for unread in ("source", "observed"):
            about.pop(unread)
        space, names = from_metadata(about.pop("space")), about.pop("represented")
        made = None if names is None else Representation(names, *(tensors[f"representation.{k}"] for k in _MAP))
        times, is_observed = tensors["times"], tensors["is_observed"].astype(bool)
        if not times.shape == is_observed.shape == (len(parts["training"]),):
            raise ValueError
        return Snapshots(space=space, representation=made, times=times, is_observed=is_observed, **parts, **about)


def read_training(path: str | Path, share: float) -> Snapshots:
    """Read the canonical file for a model that learns from a share of its training states, and from no others."""
    return read_snapshots(path).thinned(share).of_observed_alone()
