"""Preparation of a data set: recorded states are checked, split, represented and assembled."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from weightflow.data.relations import Relation, joined, relations_of_states
from weightflow.data.representation import check_components, check_spread, fit_representation
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, Range, Reals
from weightflow.errors import InputError, number, shown
from weightflow.limits import MOST_COUNTS

if TYPE_CHECKING:
    from weightflow.formats.raw_snapshots import RawSnapshots  # loads pandas, and every job reads the config

MIN_SNAPSHOTS = 2
_LEAST_HEADROOM, _HEADROOM = 4, 0.1
_UPPER, _FEWEST = 0.02, 20  # share and least number of the counts that the ratio of a tail is estimated from
_LOWEST = 0.05  # quantile of the positive counts below which a scale of large ranges is linear
_TABLE = 256  # counts of a bounded variable whose whole range is a table
_LEAST_STATES = 2  # of an observed snapshot for training: a single one has no spread
_LEAST_APART = 1e-6  # of the range of times; nearer ones are the same time with rounding errors


def check_states(raw: "RawSnapshots", settings: DatasetSettings, where: str) -> None:
    """Refuse data that later stages cannot use.

    Args:
        raw: snapshots from a file or a simulation.
        settings: the data set's: `kind`, `ranges`, `scale`, `components`, `time_column`.
        where: the file, for messages.

    Raises:
        InputError: with the place, the fault and the fix.
    """
    times, states = np.asarray(raw.times, dtype=float), raw.states
    discrete = settings.kind == "discrete"
    if len(times) != len(states):
        raise InputError(f"{where}: {len(states)} snapshots but {len(times)} times; give one time for each.")
    if not np.isfinite(times).all():
        raise InputError(f"{where}: the times hold NaN or infinity; give a number for each snapshot.")
    if (wrong := np.flatnonzero(np.diff(times) <= 0)).size:
        i = int(wrong[0])
        fault = "repeated" if times[i] == times[i + 1] else f"followed by {number(times[i + 1])}"
        raise InputError(f"{where}: time {number(times[i])} is {fault}; times must increase.")
    span = times[-1] - times[0] if len(times) else 0.0
    if (near := np.flatnonzero(np.diff(times) < _LEAST_APART * span)).size:
        one, other = times[near[0] : near[0] + 2].tolist()
        raise InputError(f"{where}: the times {one!r} and {other!r} differ only by rounding; round the times.")
    if settings.time_column in raw.variables:
        raise InputError(
            f"{where}: a variable is called {settings.time_column}, as the times are; rename it, or set time_column."
        )
    for time, snapshot in zip(times, states, strict=True):
        at = f"{where}: the snapshot at time {number(time)}"
        if snapshot.ndim != 2 or snapshot.shape[1] == 0:
            raise InputError(f"{at} has shape {snapshot.shape}; expected (states, variables).")
        if len(snapshot) == 0:
            raise InputError(f"{at} is empty; remove its time or add states.")
        if not (finite := np.isfinite(snapshot)).all():
            name = raw.variables[int(np.argmin(finite.all(axis=0)))]
            raise InputError(
                f"{at} holds NaN or infinity in the variable '{name}' (NaN stands for a missing value); remove or mend "
                "those rows."
            )
        if not discrete and len(snapshot) < 2:
            raise InputError(f"{at} has a single state, which has no density; remove its time or add states.")
        if discrete and (snapshot < 0).any():
            raise InputError(f"{at} holds negative counts; mend them, or set kind: continuous for real values.")
        if discrete and (snapshot != np.round(snapshot)).any():
            raise InputError(f"{at} holds fractions; counts are whole numbers, real values need kind: continuous.")
        if discrete and snapshot.max() > MOST_COUNTS:
            raise InputError(
                f"{at} holds the count {snapshot.max():.10g}, and {MOST_COUNTS:,} is the largest; count in larger "
                "units, or set kind: continuous, scale: training."
            )
    if discrete:
        _check_ranges(raw, settings, where)
    if not discrete:
        check_spread(states, raw.variables, where)
        if settings.components is not None:
            check_components(settings.components, sum(map(len, states)), states[0].shape[1], where)


def check_observed(is_observed: np.ndarray, where: str) -> None:
    """Refuse fewer observed snapshots than a path through them needs."""
    if (count := int(is_observed.sum())) < MIN_SNAPSHOTS:
        verb = "is" if count == 1 else "are"
        raise InputError(
            f"{where}: {count} of {len(is_observed)} snapshots {verb} observed, and a path needs at least "
            f"{MIN_SNAPSHOTS}; add snapshots, or lower observe_every or hold_back."
        )


def observed_mask(times: int, every: int, hold_back: int = 0) -> np.ndarray:
    """(T,) bool: every n-th time from the first on is observed, except for the times held back at the end.

    Args:
        times: T.
        every: n.
        hold_back: number of last times that are not observed.
    """
    return (np.arange(times) % every == 0) & (np.arange(times) < times - hold_back)


def observed_times(times: np.ndarray, settings: DatasetSettings, where: str) -> np.ndarray:
    """(T,) bool: which times (T,) are observed, as `observe_at`, or else `observe_every`, and `hold_back` say.

    Raises:
        InputError: `observe_at` names a time that is not there.
    """
    if settings.observe_at is None:
        return observed_mask(len(times), settings.observe_every, settings.hold_back)
    found = np.zeros(len(times), dtype=bool)
    for time in settings.observe_at:
        nearest = int(np.abs(times - time).argmin())
        if abs(times[nearest] - time) > _LEAST_APART * max(1.0, float(times[-1] - times[0])):
            raise InputError(
                f"{where}: observe_at names the time {number(time)}, and the nearest is {number(times[nearest])}; name "
                f"times of the data, from {number(times[0])} to {number(times[-1])}."
            )
        found[nearest] = True
    return found & (np.arange(len(times)) < len(times) - settings.hold_back)


def training_sizes(is_observed: np.ndarray, settings: DatasetSettings, where: str) -> list[int]:
    """(T,) numbers of states to simulate for training: `cells` at observed times, `trajectories` at others.

    Raises:
        InputError: `cells` has not one number for each observed time.
    """
    if settings.cells is None:
        return [settings.trajectories] * len(is_observed)
    if len(settings.cells) != (count := int(is_observed.sum())):
        raise InputError(
            f"{where}.cells: there are {len(settings.cells)} numbers for {count} observed times; give one for each."
        )
    own = iter(settings.cells)
    return [next(own) if seen else settings.trajectories for seen in is_observed]


def fitted_range(counts: np.ndarray, levels: int | None = None) -> Range:
    """Range of a variable from its observed training counts (n,).

    The table ends a tenth and at least 4 above the largest one (at twice a smaller one), to leave room for unseen
    counts, or at `levels` − 1. The ratio of the geometric tail is that of the counts above a high quantile.
    """
    largest = int(counts.max())
    top = max(1, largest + max(min(_LEAST_HEADROOM, largest), math.ceil(_HEADROOM * largest)))
    least = np.quantile(counts, 1 - max(_UPPER, min(1.0, _FEWEST / len(counts))), method="inverted_cdf")
    over = counts[counts >= least] - least
    ratio = (over.sum() + 1) / (over.sum() + len(over) + 2)  # geometric, with one count more on either side
    positive = counts[counts > 0]
    scale = float(np.quantile(positive, _LOWEST)) if len(positive) else 1.0
    return Range(min(top, MOST_COUNTS) if levels is None else levels - 1, float(ratio), scale, largest)


def heldout_amount(dataset: DatasetSettings) -> float:
    """Held-out part of a data set: trajectories to simulate (1 or more), share of the file to split off, or 0."""
    if dataset.heldout is not None:
        return dataset.heldout
    return 1000 if dataset.system else 0.2


def split(
    states: list[np.ndarray], fraction: float, paired: bool, rng: np.random.Generator, where: str
) -> tuple[list[np.ndarray], list[np.ndarray]]:
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
    raw: "RawSnapshots",
    heldout: list[np.ndarray] | None,
    settings: DatasetSettings,
    fraction: float,
    rng: np.random.Generator,
    fold: int | None = None,
    known: Sequence[Relation] = (),
) -> Snapshots:
    """The canonical data set from checked raw snapshots.

    Args:
        raw: snapshots from a file or a simulation.
        heldout: T arrays of independent states; None splits `fraction` off `raw`.
        settings: the data set's settings.
        fraction: share of `raw` to hold out, where `heldout` is None.
        rng: draws of the split.
        fold: index k of the observed snapshot to leave out; None for the whole data set.
        known: relations of the system.

    Raises:
        InputError: the parts do not fit each other, or too few snapshots are observed.
    """
    discrete, variables = settings.kind == "discrete", raw.variables
    states = [s.astype(np.int64 if discrete else np.float64) for s in raw.states]
    training, independent = states, heldout is not None
    if heldout is None:
        from weightflow.formats.reading import as_files  # imports all readers, and most jobs need none

        where = ", ".join(as_files(settings.file))
        if fraction and (few := [t for t, part in zip(raw.times, states, strict=True) if len(part) < 2]):
            raise InputError(
                f"{where}: the snapshot at time {number(few[0])} has a single state, which cannot be split into "
                "training and held-out parts; add states, remove its time, or set heldout: 0 and reference: training."
            )
        training, heldout = split(states, fraction, raw.paired, rng, where)
    elif len(heldout) != len(states) or heldout[0].shape[1] != states[0].shape[1]:
        raise InputError(
            f"the system gives {len(heldout)} times of {heldout[0].shape[1]} variables and the file {len(states)} "
            f"of {states[0].shape[1]}; name the system the file came from, or set heldout to a fraction."
        )
    hold_back, left_out = settings.hold_back, None
    is_observed = observed_times(np.asarray(raw.times, dtype=float), settings, _named(settings))
    if fold is not None:
        left_out = int(np.flatnonzero(is_observed)[fold])
        is_observed[left_out] = False
    if not raw.paired and not independent:  # all states of unobserved times serve evaluation
        heldout = heldout or [states[0][:0]] * len(states)
        training, heldout = (
            [s if seen else whole for s, seen, whole in zip(part, is_observed, states, strict=True)]
            for part in (training, heldout)
        )
    observed = [s for s, seen in zip(training, is_observed, strict=True) if seen]
    seen = raw.times[is_observed]
    if few := [time for time, part in zip(seen, observed, strict=True) if len(part) < _LEAST_STATES]:
        raise InputError(
            f"{_named(settings)}: the snapshot at time {number(few[0])} has a single state for training, which has no "
            f"spread ({len(few)} of {len(seen)} snapshots); add states, remove its time, or, if others are held out, "
            "set heldout: 0 and reference: training."
        )
    check_observed(is_observed, "the data set")
    representation = None
    if settings.scale != "none" or settings.components is not None:
        representation = fit_representation(observed, states[: len(states) - hold_back], variables, settings)
        training, heldout = ([representation.states(s) for s in part] for part in (training, heldout))
        observed = [s for s, seen in zip(training, is_observed, strict=True) if seen]
        if settings.components is not None:
            variables = [f"PC{i + 1}" for i in range(settings.components)]
    space: Counts | Reals
    if discrete:
        space = _counts(observed, variables, settings, known)
        _check_relations(space, [*training, *heldout], variables, _named(settings))
    else:
        space = Reals.of(observed)
    return Snapshots(
        times=np.asarray(raw.times, dtype=float),
        training=training,
        heldout=heldout,
        is_observed=is_observed,
        variables=variables,
        space=space,
        reference=settings.reference,
        time_label=_time_label(raw, settings),
        representation=representation,
        left_out=left_out,
    )


def _named(settings: DatasetSettings) -> str:
    """The files of a data set, or its system."""
    from weightflow.formats.reading import as_files  # imports all readers, and most jobs need none

    return ", ".join(as_files(settings.file)) or f"the system {settings.system}"


def _time_label(raw: "RawSnapshots", settings: DatasetSettings) -> str:
    """The label of the settings; by default that of the file's dates, or the name of its column if it is not time."""
    fields = DatasetSettings.model_fields
    if settings.time_label != fields["time_label"].default:
        return settings.time_label
    is_named = settings.file is not None and settings.time_column != fields["time_column"].default
    return raw.time_label or (settings.time_column if is_named else settings.time_label)


def _counts(
    observed: list[np.ndarray], variables: Sequence[str], settings: DatasetSettings, known: Sequence[Relation]
) -> Counts:
    """The space of counts, from the observed training snapshots, the settings and the system's relations."""
    pooled = np.concatenate(observed)
    relations: tuple[Relation, ...] = ()
    if settings.relations == "found":
        kept = [relation for relation in known if relation.holds(pooled).all()]  # a file may start elsewhere
        relations = joined(kept, relations_of_states(observed), pooled.mean(0))
    ranges = []
    for v, name in enumerate(variables):
        own, largest = fitted_range(pooled[:, v], settings.states), int(pooled[:, v].max())
        if largest > own.top:
            raise InputError(
                f"{_named(settings)}: the largest observed count is {largest}, and states is {settings.states}; raise "
                "states."
            )
        totals = [one.total // one.coefficients[v] for one in relations if one.is_total and one.coefficients[v]]
        within = [total for total in totals if total <= max(own.top, _TABLE)]
        within += [settings.ranges[name]] if name in settings.ranges else []
        ranges.append(replace(own, top=max(1, min(within)), ratio=0.0) if within else own)
    return Counts.of(ranges, relations)


def _check_ranges(raw: "RawSnapshots", settings: DatasetSettings, where: str) -> None:
    """Refuse counts beyond the bounds of the settings."""
    for name, most in settings.ranges.items():
        if name not in raw.variables:
            raise InputError(
                f"{where}: ranges names '{shown(name)}', and the variables are {', '.join(raw.variables)}; name one of "
                "them."
            )
        largest = max(int(snapshot[:, list(raw.variables).index(name)].max()) for snapshot in raw.states)
        if largest > most:
            raise InputError(
                f"{where}: ranges gives the variable '{name}' at most {most}, and it holds {largest}; raise it, or "
                "leave it out."
            )


def _check_relations(space: Counts, states: Sequence[np.ndarray], variables: Sequence[str], where: str) -> None:
    """Refuse relations of the observed training states that fail in other states."""
    for relation in space.relations:
        for snapshot in states:
            if not (holds := relation.holds(snapshot)).all():
                wrong = snapshot[int(np.argmin(holds))]
                values = ", ".join(f"{variables[v]} = {wrong[v]}" for v in relation.members)
                raise InputError(
                    f"{where}: {relation.text(variables)} holds in all observed training states and fails in another "
                    f"state ({values}); set the data set's relations: none, or mend the states."
                )
