"""Data sets from files, from memory and from simulated systems, prepared as the workflow prepares them."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from weightflow import seeding
from weightflow.config.consistency import check_dataset
from weightflow.config.data_checks import check_system
from weightflow.config.figure_text import check_variables
from weightflow.data.preparation import assemble, check_observed, check_states, heldout_amount, observed_mask
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import Snapshots
from weightflow.errors import InputError, shown
from weightflow.evaluation.settings import ExactSettings
from weightflow.formats.downloads import check_sum
from weightflow.formats.raw_snapshots import (
    RawSnapshots,
    check_names,
    default_names,
    first_names,
    group_by_time,
    listed,
    read_times,
    since_first,
)
from weightflow.formats.reading import as_files, read_raw_snapshots
from weightflow.formats.tables import frame_snapshots
from weightflow.laws.law import ExactLaw
from weightflow.laws.solvers import solve_law
from weightflow.systems.builtin import BUILTIN, find_system
from weightflow.systems.reading import System, check_start, check_trajectories, read_system
from weightflow.systems.simulation import simulate as simulate_system

if TYPE_CHECKING:
    from anndata import AnnData  # a second to import


@dataclass(frozen=True, eq=False)
class Data:
    """A data set: snapshots of a random system, split into training and held-out states.

    Made by `read`, `from_snapshots`, `from_anndata` or `simulate`.

    Attributes:
        snapshots: states at T times (`data.snapshots.Snapshots`).
        settings: of the data set, as in a config.
        source: file, system or object.
        system: simulated system, if any.
        notes: how the source was read and what was left out, a phrase for each.
    """

    snapshots: Snapshots
    settings: DatasetSettings
    source: str
    system: System | None = None
    notes: tuple[str, ...] = ()

    @property
    def times(self) -> np.ndarray:
        """(T,) times."""
        return self.snapshots.times

    @property
    def observed_times(self) -> np.ndarray:
        """(K,) times of the snapshots that models are trained on."""
        return self.snapshots.observed_times

    @property
    def variables(self) -> list[str]:
        """Names of the d variables."""
        return self.snapshots.variables

    @property
    def kind(self) -> str:
        """Discrete for counts, continuous for real values."""
        return self.settings.kind

    @cached_property
    def law(self) -> ExactLaw | None:
        """The exact law of the system; None without a system or if it cannot be solved."""
        if self.system is None:
            return None
        exact = ExactSettings()
        law = solve_law(self.system, exact.max_states, exact.tolerance)
        return law if law.is_known else None

    def to_frame(self, heldout: bool = False) -> pd.DataFrame:
        """The states as a table in the units of the file: the column time, then the variables or components.

        Args:
            heldout: the held-out states instead of the training states.
        """
        parts = self.snapshots.heldout if heldout else self.snapshots.training
        counts, made = [len(part) for part in parts], self.snapshots.representation
        states = np.concatenate(parts) if counts else np.zeros((0, len(self.variables)))
        if made is not None and made.is_scaling:
            states = made.values(states)
        table = pd.DataFrame(states, columns=self.variables)
        table.insert(0, "time", np.repeat(self.times[: len(counts)], counts))
        return table

    def __repr__(self) -> str:
        """What the data are, so that a misreading is seen before a fit."""
        data = self.snapshots
        sizes = sorted({len(part) for part in data.observed})
        sizes_told = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
        held = sum(map(len, data.heldout))
        return "\n".join(
            (
                f"<Data from {self.source}: {data.space.describe()}",
                f"  variables  {listed(data.variables)}",
                f"  times      {data.times[0]:g} to {data.times[-1]:g}, {len(data.times)} in all, of which "
                f"{len(data.observed_times)} are trained on",
                f"  states     {sizes_told} for training at each of these, {held} held out in all",
                *(f"  {note}" for note in self.notes),
                ">",
            )
        )


def read(
    file: str | os.PathLike | Sequence[str | os.PathLike],
    *,
    time: str = "time",
    matrix: str = "X",
    variables: Sequence[str] | int | None = None,
    kind: str | None = None,
    **settings: Any,
) -> Data:
    """Read a file of any format that the workflow reads, or several files that are joined.

    Args:
        file: .csv, .tsv (also .gz), .parquet, .npz, .npy or .h5ad.
        time: column of a table, array of an .npz or column of `obs` with the time of each state.
        matrix: of an .h5ad (X, layers/NAME, obsm/NAME) or .npz.
        variables: names of the variables to read, or a number to read the first ones; None reads all.
        kind: discrete (counts) or continuous (real values); None takes discrete if all values are whole and ≥ 0.
        **settings: other keys of a data set in a config, such as observe_every=10, heldout=0.1, scale="training".

    Raises:
        InputError: the file cannot be read, or its states cannot be used; one sentence with the fix.
    """
    files = [os.path.expanduser(path) for path in ([file] if isinstance(file, str | os.PathLike) else file)]
    given = {"file": files[0] if len(files) == 1 else files, "time_column": time, "matrix": matrix, **settings}
    if variables is not None:
        given["variables"] = variables if isinstance(variables, int | str) else list(variables)
    own = _settings(given, kind)
    for path, wanted in zip(files, as_files(own.sha256), strict=False):
        check_sum(path, wanted, "sha256")
    return _of_raw(read_raw_snapshots(as_files(own.file), own), own, kind, ", ".join(files))


def from_snapshots(
    snapshots: Mapping[float, Any] | pd.DataFrame,
    *,
    time: str = "time",
    variables: Sequence[str] | int | None = None,
    kind: str | None = None,
    paired: bool = False,
    **settings: Any,
) -> Data:
    """A data set from states in memory.

    Args:
        snapshots: states (N_t, d) by their time, arrays or data frames; or one data frame with a column of times.
        time: column of times of a single data frame.
        variables: names of an array's columns, or of the columns of data frames to use. None takes all; of a single
            data frame without columns that are no variables, such as ids and texts.
        kind: as for `read`.
        paired: whether row n is the same trajectory at every time.
        **settings: as for `read`.

    Raises:
        InputError: the states cannot be used; one sentence with the fix.
    """
    own = _settings({"file": "memory.npy", "time_column": time, **settings}, kind)
    if isinstance(snapshots, pd.DataFrame):
        given = variables if isinstance(variables, int | None) else [*map(str, _names(variables))]
        chosen = _settings({"file": "memory.npy", "time_column": time, "variables": given, **settings}, kind)
        raw = since_first(frame_snapshots(snapshots, chosen, "from_snapshots"))
    else:
        raw = _of_mapping(snapshots, variables)
    return _of_raw(replace(raw, paired=paired), own, kind, "memory")


def from_anndata(
    adata: "AnnData",
    *,
    time: str = "time",
    matrix: str = "X",
    variables: Sequence[str] | int | None = None,
    kind: str | None = None,
    **settings: Any,
) -> Data:
    """A data set from single cells in memory.

    Args:
        adata: cells by variables.
        time: column of `obs` with the time of each cell.
        matrix: X, layers/NAME, obsm/NAME or raw/X.
        variables: names, or a number to take the first ones; None takes all.
        kind: as for `read`.
        **settings: as for `read`.

    Raises:
        InputError: a key is missing, or the cells cannot be used; one sentence with the fix.
    """
    if time not in adata.obs:
        raise InputError(f"from_anndata: obs has no '{shown(time)}'; set time to one of {listed(adata.obs)}.")
    values, names = _matrix(adata, matrix)
    if isinstance(variables, int):
        variables = first_names(names, variables, "from_anndata")
    check_names([name for name in names if name in variables] if variables else names, "from_anndata")
    if variables:
        if absent := [name for name in variables if name not in names]:
            raise InputError(f"from_anndata: no variable '{shown(absent[0])}'; variables may name {listed(names)}.")
        values, names = values[:, [names.index(name) for name in variables]], list(variables)
    dense = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    times, dates = read_times(adata.obs[time], f"from_anndata: obs '{time}'")
    own = _settings({"file": "memory.npy", "time_column": time, "matrix": matrix, **settings}, kind)
    return _of_raw(since_first(group_by_time(times, dense, names, dates)), own, kind, "AnnData")


def simulate(
    system: str | os.PathLike | Mapping[str, Any], *, trajectories: int = 1000, seed: int = 1, **settings: Any
) -> Data:
    """Simulate a system; the same settings in a config give the same states.

    Args:
        system: name of a built-in system, path of a system file, or its content as a dictionary.
        trajectories: number of trajectories for training.
        seed: of the trajectories.
        **settings: other keys of a data set in a config, such as observe_every=10 or heldout=500 (default 1000).

    Raises:
        InputError: the system is unknown or malformed; one sentence with the fix.
    """
    made, name = _system(system)
    own = _settings({"system": name, "trajectories": trajectories, "seed": seed, **settings}, "discrete")
    check_dataset(own.but(system="epidemic"), BUILTIN, "simulate")  # of its system only that there is one
    heldout = int(heldout_amount(own))
    check_start(made, own.states, own.max_states, "simulate")
    check_trajectories(made, own.trajectories + heldout, "simulate")
    parts = {
        part: simulate_system(made, number, seeding.integer(own.seed, part), os.cpu_count() or 1)
        for part, number in (("training", own.trajectories), ("heldout", heldout))
    }
    training, independent = (list(parts[part].swapaxes(0, 1)) for part in ("training", "heldout"))
    raw = RawSnapshots(np.arange(len(training), dtype=float), training, list(made.species), paired=True)
    check_states(raw, own, f"the system {name}")
    draws = seeding.stream(own.seed, "split")
    return Data(assemble(raw, independent, own, heldout_amount(own), draws), own, f"the system {name}", made)


def _settings(given: Mapping[str, Any], kind: str | None) -> DatasetSettings:
    if "url" in given:
        raise InputError("data set: the key url is of configs; download the file, and read it.")
    whole = {**given, **({} if kind is None else {"kind": kind})}
    if whole.get("heldout") == 0:
        whole.setdefault("reference", "training")
    return DatasetSettings.of(whole, "data set")


def _of_raw(raw: RawSnapshots, settings: DatasetSettings, kind: str | None, source: str) -> Data:
    """A data set from a file's or an object's states, checked and prepared as by the workflow."""
    if kind is None:
        whole = all((part >= 0).all() and (part == np.round(part)).all() for part in raw.states)
        real = settings.scale != "none" or settings.components is not None
        settings = settings.but(kind="discrete" if whole and not real else "continuous")
    check_dataset(settings, BUILTIN, "data set")
    if raw.paired and len(sizes := {len(part) for part in raw.states}) > 1:
        raise InputError(f"{source}: paired snapshots have {min(sizes)} to {max(sizes)} states; give equally many.")
    check_states(raw, settings, source)
    check_variables(raw.variables, source)
    check_observed(observed_mask(len(raw.times), settings.observe_every, settings.hold_back), source)
    system, heldout = None, None
    if settings.system:
        system = read_system(find_system(settings.system))
        check_system(raw, settings.system, system.species, system.points, source)
        if (amount := heldout_amount(settings)) >= 1:
            drawn = simulate_system(system, int(amount), seeding.integer(settings.seed, "heldout"), os.cpu_count() or 1)
            heldout = list(drawn.swapaxes(0, 1))
    draws = seeding.stream(settings.seed, "split")
    return Data(assemble(raw, heldout, settings, heldout_amount(settings), draws), settings, source, system, raw.notes)


def _names(variables: Any) -> Sequence[str]:
    if isinstance(variables, str | int):
        raise InputError(f"variables: {shown(variables)!r} is no list of names; write it as one, such as ['S', 'I'].")
    return variables


def _of_mapping(snapshots: Mapping[float, Any], variables: Any) -> RawSnapshots:
    if not isinstance(snapshots, Mapping) or not snapshots:
        raise InputError("from_snapshots: give states by their time, such as {0: x0, 2.5: x1}, or a data frame.")
    try:
        times = np.array([float(time) for time in snapshots])
    except (TypeError, ValueError):
        raise InputError("from_snapshots: a key is no time; write times as numbers, such as 2.5.") from None
    order, parts = np.argsort(times), list(snapshots.values())
    first = parts[order[0]]
    if isinstance(first, pd.DataFrame):
        names = [str(name) for name in (_names(variables) if variables else first.columns)]
    else:
        array = np.asarray(first)
        width = array.shape[1] if array.ndim == 2 else 1
        names = list(map(str, _names(variables))) if variables else default_names(width)
    check_names(names, "from_snapshots")
    states = [_numbers(parts[i], names, f"from_snapshots: the snapshot at time {times[i]:g}") for i in order]
    return RawSnapshots(times[order], states, names, paired=False)


def _numbers(given: Any, names: Sequence[str], where: str) -> np.ndarray:
    """(n, d) values of the named variables."""
    if isinstance(given, pd.DataFrame):
        columns = {str(name): given[name] for name in given}
        if absent := [name for name in names if name not in columns]:
            raise InputError(f"{where}: there is no column '{shown(absent[0])}'; the columns are {listed(columns)}.")
        given = np.column_stack([_column(columns[name], name, where) for name in names])
    values = np.asarray(given)
    if values.dtype.kind not in "iufb":
        raise InputError(f"{where}: holds {values.dtype}, not numbers only; convert it.")
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != len(names):
        raise InputError(f"{where}: has shape {values.shape}; expected (states, {len(names)} variables).")
    return values


def _column(column: pd.Series, name: str, where: str) -> np.ndarray:
    try:
        return pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise InputError(f"{where}: the column '{shown(name)}' holds text; leave it out (variables).") from None


def _matrix(adata: "AnnData", key: str) -> tuple[Any, list[str]]:
    """(cells, variables) values of a matrix, and the variables' names."""
    genes = [str(name) for name in adata.var_names]
    there: dict[str, tuple[Any, list[str] | None]] = {"X": (adata.X, genes)} if adata.X is not None else {}
    there |= {f"layers/{name}": (values, genes) for name, values in adata.layers.items()}
    there |= {f"obsm/{name}": (values, None) for name, values in adata.obsm.items()}
    if adata.raw is not None:
        there["raw/X"] = adata.raw.X, [str(name) for name in adata.raw.var_names]
    if key not in there:
        raise InputError(f"from_anndata: no matrix '{shown(key)}'; set matrix to one of {listed(there)}.")
    values, names = there[key]
    if isinstance(values, pd.DataFrame):
        names = [str(name) for name in values]
        return _numbers(values, names, f"from_anndata: the matrix '{key}'"), names
    return values, names or default_names(values.shape[1])


def _system(system: str | os.PathLike | Mapping[str, Any]) -> tuple[System, str]:
    """A system, and its name for messages."""
    if not isinstance(system, Mapping):
        return read_system(find_system(str(system))), str(system)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "system.yaml"
        file.write_text(yaml.safe_dump(dict(system), sort_keys=False), encoding="utf-8")
        try:
            return read_system(file), str(system.get("title", "of a dictionary"))
        except InputError as fault:
            raise InputError(str(fault).replace(str(file), "system")) from None
