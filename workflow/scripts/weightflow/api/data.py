"""Data sets from files, from memory and from simulated systems, prepared as the workflow prepares them."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from weightflow import seeding
from weightflow.api.arguments import checked_seed, path_text, whole
from weightflow.config.consistency import check_dataset
from weightflow.config.data_checks import check_system
from weightflow.config.figure_text import check_variables
from weightflow.data.conservation import relations_of_system
from weightflow.data.preparation import (
    assemble,
    check_observed,
    check_states,
    heldout_amount,
    observed_times,
    training_sizes,
)
from weightflow.data.settings import DatasetSettings
from weightflow.data.simulated import simulate_parts
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
from weightflow.progress import one_bar
from weightflow.systems.builtin import BUILTIN, find_system
from weightflow.systems.diffusion import Diffusion
from weightflow.systems.reading import check_start, check_trajectories, read_system
from weightflow.systems.simulation import simulate as simulate_system
from weightflow.systems.system import System, steps_label

if TYPE_CHECKING:
    from anndata import AnnData  # a second to import

_MEMORY = "memory.npy"  # the file of a data set in memory, for checks that want one
_OF_FILES = ("file", "axes", "times", "sha256")  # keys of a data set that states in memory do not have
_OF_SIMULATIONS = ("trajectories",)
_OF_STATES = (*_OF_FILES, "system", "time_column", "matrix", "variables", "kind", "scale", "components")
_ARGUMENTS = {
    "time_column": "time",
    "the key variables": "variables",
    "key variables": "variables",
    "check the data set's key 'file'": "check the path",
    _MEMORY: "memory",
}  # texts in messages about configs, and what stands there in Python


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
        """The exact law of the system; None without a system, if it cannot be solved, or if states are scaled."""
        if self.system is None or self.snapshots.representation is not None:
            return None
        exact = ExactSettings()
        law = solve_law(self.system, exact.max_states, exact.tolerance)
        return law if law.is_known else None

    def to_frame(self, heldout: bool = False) -> pd.DataFrame:
        """The states as a table in the units of the file: the column time, then the variables or components.

        If a variable is called time, the column has the name of the times in the file.

        Args:
            heldout: the held-out states instead of the training states.
        """
        parts = self.snapshots.heldout if heldout else self.snapshots.training
        counts, made = [len(part) for part in parts], self.snapshots.representation
        states = np.concatenate(parts) if counts else np.zeros((0, len(self.variables)))
        if made is not None and made.is_scaling:
            states = made.values(states)
        table = pd.DataFrame(states, columns=self.variables)
        column = "time" if "time" not in table else self.settings.time_column
        table.insert(0, column, np.repeat(self.times[: len(counts)], counts))
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
                *(f"  in every state  {text}" for text in data.relations),
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
        time: column of a table, array of an .npz or column of `obs` with the time of each state. Its name is the label
            of the time axis, unless it is "time", the times are dates, or time_label is given.
        matrix: of an .h5ad (X, layers/NAME, obsm/NAME) or .npz.
        variables: names of the variables to read, or a number from 1 on to read the first ones; None reads all.
        kind: discrete (counts) or continuous (real values); None takes discrete if all values are whole and ≥ 0.
        **settings: other keys of a data set in a config, such as observe_every=10, heldout=0.1, scale="training".

    Raises:
        InputError: the file cannot be read, or its states cannot be used; one sentence with the fix.
    """
    if isinstance(file, pd.DataFrame | Mapping):
        raise InputError(f"read: a {type(file).__name__} is no path of a file; use from_snapshots.")
    if hasattr(file, "obs"):
        raise InputError(f"read: a {type(file).__name__} is no path of a file; use from_anndata.")
    parts = file if isinstance(file, list | tuple) else [file]
    files = [path_text(path, "read") for path in parts]
    if not files:
        raise InputError("read: the list of files is empty; name one.")
    _check_keys("read", settings, _OF_SIMULATIONS)
    names = _chosen(variables, "read")
    given = {"file": files[0] if len(files) == 1 else files, "time_column": time, "matrix": matrix, **settings}
    own = _settings(given if names is None else {**given, "variables": names}, kind)
    with _pythons_words():
        for path, wanted in zip(files, as_files(own.sha256), strict=False):
            check_sum(path, wanted, "sha256")
        raw = _labelled(read_raw_snapshots(as_files(own.file), own), time)
        return _of_raw(raw, own, kind, ", ".join(files))


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
            Times are numbers or dates.
        time: column of times of a single data frame; it labels the time axis as in `read`.
        variables: names of an array's columns, or of the columns of data frames to use, or a number from 1 on to take
            the first ones. None takes all; of a single data frame without columns that are no variables, such as ids
            and texts.
        kind: as for `read`.
        paired: whether row n is the same trajectory at every time.
        **settings: as for `read`.

    Raises:
        InputError: the states cannot be used; one sentence with the fix.
    """
    _check_keys("from_snapshots", settings, (*_OF_FILES, "matrix", *_OF_SIMULATIONS))
    names = _chosen(variables, "from_snapshots")
    own = _settings({"file": _MEMORY, "time_column": time, **settings}, kind)
    with _pythons_words():
        if isinstance(snapshots, pd.DataFrame):
            chosen = _settings({"file": _MEMORY, "time_column": time, "variables": names, **settings}, kind)
            raw = _labelled(since_first(frame_snapshots(snapshots, chosen, "from_snapshots")), time)
        else:
            raw = since_first(_of_mapping(snapshots, names))
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
        time: column of `obs` with the time of each cell; it labels the time axis as in `read`.
        matrix: X, layers/NAME, obsm/NAME or raw/X.
        variables: names, or a number from 1 on to take the first ones; None takes all.
        kind: as for `read`.
        **settings: as for `read`.

    Raises:
        InputError: a key is missing, or the cells cannot be used; one sentence with the fix.
    """
    if not all(hasattr(adata, part) for part in ("obs", "var_names", "layers", "obsm")):
        fix = "use from_snapshots" if isinstance(adata, pd.DataFrame | Mapping) else "give an AnnData"
        raise InputError(f"from_anndata: a {type(adata).__name__} is no AnnData; {fix}.")
    _check_keys("from_anndata", settings, (*_OF_FILES, *_OF_SIMULATIONS))
    chosen = _chosen(variables, "from_anndata")
    with _pythons_words():
        if time not in adata.obs:
            raise InputError(f"from_anndata: obs has no '{shown(time)}'; set time to one of {listed(adata.obs)}.")
        values, names = _matrix(adata, matrix)
        if isinstance(chosen, int):
            chosen = first_names(names, chosen, "from_anndata")
        check_names([name for name in names if name in chosen] if chosen else names, "from_anndata")
        if chosen:
            if absent := [name for name in chosen if name not in names]:
                raise InputError(f"from_anndata: no variable '{shown(absent[0])}'; variables may name {listed(names)}.")
            values, names = values[:, [names.index(name) for name in chosen]], chosen
        dense = values.toarray() if hasattr(values, "toarray") else values
        dense = _array(dense, f"from_anndata: the matrix '{matrix}'")
        times, dates = read_times(adata.obs[time], f"from_anndata: obs '{time}'")
        own = _settings({"file": _MEMORY, "time_column": time, "matrix": matrix, **settings}, kind)
        raw = _labelled(since_first(group_by_time(times, dense, names, dates)), time)
        return _of_raw(raw, own, kind, "AnnData")


def simulate(
    system: str | os.PathLike | Mapping[str, Any],
    *,
    trajectories: int = 1000,
    seed: int = 1,
    progress: bool = True,
    **settings: Any,
) -> Data:
    """Simulate a system; the same settings in a config give the same states.

    Times of the data are the numbers 0, 1, 2, … of the points on the system's grid. With a step of 0.5, time 4 of the
    data is time 2 of the system. A diffusion gives real values, of different cells at each time.

    A dictionary has the keys of a system file, of which title, species, reactions, initial and grid are necessary:

        {
            "title": "Birth and death",
            "species": ["X"],
            "reactions": [{"equation": "0 -> X", "rate": 4}, {"equation": "X -> 0", "rate": 0.5}],
            "initial": {"X": 0},
            "grid": {"points": 9, "step": 0.5},
        }

    Args:
        system: name of a built-in system, path of a system file, or its content as a dictionary.
        trajectories: number of trajectories for training; of a diffusion, of cells at each time.
        seed: of the trajectories.
        progress: whether a bar is shown on standard error.
        **settings: other keys of a data set in a config, such as observe_every=10 or heldout=500 (default 1000).

    Raises:
        InputError: the system is unknown or malformed; one sentence with the fix.
    """
    _check_keys("simulate", settings, _OF_STATES)
    seed = checked_seed(seed, "simulate")
    made, name = _system(system)
    is_diffusion = isinstance(made, Diffusion)
    kind, same = ("continuous", "ornstein_uhlenbeck") if is_diffusion else ("discrete", "epidemic")
    own = _settings({"system": name, "trajectories": trajectories, "seed": seed, **settings}, kind)
    check_dataset(own.but(system=same), BUILTIN, "simulate")  # of its system only that there is one of this kind
    heldout = int(heldout_amount(own))
    check_start(made, own.states, "simulate")
    times = np.arange(made.points, dtype=float)
    sizes = training_sizes(observed_times(times, own, "simulate"), own, "simulate")
    check_trajectories(made, max(sizes) + heldout, "simulate")
    with one_bar(2, progress):
        states = simulate_parts(made, sizes, heldout, own.seed, os.cpu_count() or 1)
    label = steps_label(made.step)
    raw = RawSnapshots(times, states.training, list(made.species), states.paired, time_label=label)
    check_states(raw, own, f"the system {name}")
    draws = seeding.stream(own.seed, "split")
    snapshots = assemble(raw, states.heldout, own, heldout_amount(own), draws, known=relations_of_system(made))
    return Data(snapshots, own, f"the system {name}", made, (f"times count the grid's steps of {made.step:g}",))


def _check_keys(function: str, settings: Mapping[str, Any], unused: Sequence[str]) -> None:
    """Refuse keys of a data set that a function cannot use.

    Raises:
        InputError: naming the key and the fix.
    """
    if "time_column" in settings and "time_column" not in unused:
        raise InputError(f"{function}: time_column is called time in Python; give time alone.")
    if wrong := [key for key in settings if key in unused]:
        raise InputError(f"{function}: the key {wrong[0]} has no use here; leave it out.")


@contextmanager
def _pythons_words() -> Iterator[None]:
    """Name arguments in the messages of readers, which name the keys of configs."""
    try:
        yield
    except InputError as fault:
        text = str(fault)
        for key, argument in _ARGUMENTS.items():
            text = text.replace(key, argument)
        raise InputError(text) from None


def _labelled(raw: RawSnapshots, time: str) -> RawSnapshots:
    """The column of times as the label of the time axis, where nothing else is known of it."""
    return raw if raw.time_label or time == "time" else replace(raw, time_label=time)


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
    check_observed(observed_times(np.asarray(raw.times, dtype=float), settings, source), source)
    system, heldout = None, None
    if settings.system:
        system = read_system(find_system(settings.system))
        check_system(raw, settings.system, system.species, system.points, source)
        if (amount := heldout_amount(settings)) >= 1:
            drawn = simulate_system(system, int(amount), seeding.integer(settings.seed, "heldout"), os.cpu_count() or 1)
            heldout = list(drawn.swapaxes(0, 1))
    draws = seeding.stream(settings.seed, "split")
    return Data(assemble(raw, heldout, settings, heldout_amount(settings), draws), settings, source, system, raw.notes)


def _chosen(variables: Any, where: str) -> int | list[str] | None:
    """The argument variables: a number, names or None.

    Raises:
        InputError: a number below 1, no list of names, or an empty one.
    """
    if variables is None:
        return None
    if isinstance(variables, int | float | np.generic):
        return whole(variables, 1, f"{where}: variables", "number of variables")
    if isinstance(variables, str) or not isinstance(variables, Iterable):
        raise InputError(
            f"{where}: variables: {shown(variables)!r} is no list of names; write it as one, such as ['S', 'I']."
        )
    if not (names := [str(name) for name in variables]):
        raise InputError(f"{where}: variables is empty; name one or more, or leave it out.")
    check_names(names, f"{where}: variables")
    return names


def _of_mapping(snapshots: Any, variables: int | list[str] | None) -> RawSnapshots:
    """The raw snapshots of states by their time."""
    if not isinstance(snapshots, Mapping) or not snapshots:
        raise InputError(f"from_snapshots: {_instead(snapshots)}.")
    times, dates = read_times(pd.Series([*snapshots], dtype=object), "from_snapshots: the list of times")
    order, parts = np.argsort(times, kind="stable"), list(snapshots.values())
    places = {time: f"from_snapshots: the snapshot at time {shown(time)}" for time in snapshots}
    wheres = list(places.values())
    first = parts[order[0]]
    if isinstance(first, pd.DataFrame):
        columns = [str(name) for name in first]
        if not isinstance(variables, list):
            check_names(columns, wheres[order[0]])
        names = first_names(columns, variables, wheres[order[0]]) if isinstance(variables, int) else variables
        if variables is None:
            _check_columns(dict(zip(wheres, parts, strict=True)), columns)
        names = names or columns
        states = [_numbers(parts[i], names, wheres[i]) for i in order]
    else:
        array = _array(first, wheres[order[0]])
        width = array.shape[1] if array.ndim == 2 else 1
        own = default_names(width)
        names = variables if isinstance(variables, list) else own
        states = [_numbers(parts[i], names, wheres[i]) for i in order]
        if isinstance(variables, int):
            names = first_names(own, variables, "from_snapshots")
            states = [part[:, :variables] for part in states]
    check_names(names, "from_snapshots")
    return RawSnapshots(times[order], states, names, False, dates=dates)


def _instead(given: Any) -> str:
    """What to give instead of an object that is no mapping of snapshots."""
    kind, usual = type(given).__name__, "give states by their time, such as {0: x0, 2.5: x1}, or a data frame"
    if hasattr(given, "obs") and hasattr(given, "var_names"):
        return f"a {kind} has cells; use from_anndata"
    if hasattr(given, "to_pandas"):
        return f"a {kind} is no data frame of pandas; give its to_pandas()"
    if isinstance(given, list) and given and all(isinstance(row, Mapping) for row in given):
        return "a list of dictionaries is no table; give pandas.DataFrame of it"
    return usual if isinstance(given, Mapping) else f"a {kind} has no times; {usual}"


def _check_columns(frames: Mapping[str, Any], columns: Sequence[str]) -> None:
    """Refuse frames whose columns are not those of the first one, where no variables are named."""
    for where, frame in frames.items():
        if isinstance(frame, pd.DataFrame) and (odd := {*map(str, frame)} ^ {*columns}):
            raise InputError(
                f"{where}: the column '{shown(min(odd))}' is in some of the data frames and not in others; name the "
                "columns to use by variables."
            )


def _numbers(given: Any, names: Sequence[str], where: str) -> np.ndarray:
    """(n, d) values of the named variables."""
    if isinstance(given, pd.DataFrame):
        columns = {str(name): given[name] for name in given}
        if absent := [name for name in names if name not in columns]:
            raise InputError(f"{where}: there is no column '{shown(absent[0])}'; the columns are {listed(columns)}.")
        given = np.column_stack([_column(columns[name], name, where) for name in names])
    values = _array(given, where)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != len(names):
        raise InputError(f"{where}: has shape {values.shape}; expected (states, {len(names)} variables).")
    return values


def _array(given: Any, where: str) -> np.ndarray:
    """An array of numbers.

    Raises:
        InputError: masked values, rows of different lengths, or anything else than real numbers.
    """
    if np.ma.is_masked(given):
        raise InputError(f"{where}: has masked values, which are missing; remove those rows.")
    try:
        values = np.asarray(given)
    except ValueError:
        raise InputError(f"{where}: has rows of different lengths; give an array (states, variables).") from None
    if values.dtype.kind not in "iufb":
        raise InputError(f"{where}: holds {values.dtype}, not numbers only; convert it.")
    return values


def _column(column: pd.Series, name: str, where: str) -> np.ndarray:
    if column.dtype.kind == "c":
        raise InputError(f"{where}: the column '{shown(name)}' holds complex numbers; leave it out (variables).")
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
        if not isinstance(system, str | os.PathLike):
            raise InputError(
                f"simulate: {shown(repr(system))} is no system; give a name, the path of a file or a dictionary."
            )
        system = os.path.expanduser(system)
        return read_system(find_system(system)), system
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "system.yaml"
        file.write_text(yaml.safe_dump(_plain(system), sort_keys=False), encoding="utf-8")
        try:
            made = read_system(file)
        except InputError as fault:
            raise InputError(str(fault).replace(str(file), "system")) from None
    made = replace(made, path="system") if isinstance(made, Diffusion) else made
    return made, str(system.get("title", "of a dictionary"))


def _plain(value: Any) -> Any:
    """A part of a system as YAML writes it, NumPy's numbers as Python's.

    Raises:
        InputError: anything else than text, numbers, lists and dictionaries.
    """
    if isinstance(value, Mapping):
        return {_plain(key): _plain(part) for key, part in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise InputError(
        f"system: {shown(repr(value))} cannot be part of a system; give text, numbers, lists and dictionaries."
    )
