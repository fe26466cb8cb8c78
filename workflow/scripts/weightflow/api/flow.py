"""A fitted flow: the density at any time of its range, its scores, its comparison with other methods, its file."""

import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

import weightflow
from weightflow import seeding
from weightflow.api.arguments import checked_seed, in_data_units, path_text, several, whole
from weightflow.api.data import Data
from weightflow.api.density import Density, drawn_count, state_rows
from weightflow.bands.bands import read_evidence
from weightflow.bands.uncertainty import UNTESTED, Evidence, band_times, find_bands
from weightflow.baselines import interpolated_weights
from weightflow.baselines.clouds import predict_baseline
from weightflow.baselines.registry import BASELINES, floors_of, standard_baselines
from weightflow.config import stages
from weightflow.data.snapshots import Snapshots, check_begun, read_snapshots, write_snapshots
from weightflow.data.state_space import Counts
from weightflow.dynamics.field_files import make_field, write_field
from weightflow.dynamics.latent_path import read_latent_path, write_latent_path
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import WeightGraph, read_weight_graph, write_weight_graph
from weightflow.dynamics.weight_spline import WeightSpline, read_spline, write_spline
from weightflow.errors import InputError, shown, unknown
from weightflow.evaluation.score_tables import COLUMNS, Judge, at_unseen_times, evaluate, summarise
from weightflow.evaluation.settings import EvaluationSettings
from weightflow.networks.backbones import Backbone, make_backbone
from weightflow.prediction.distributions import MovedNetwork
from weightflow.prediction.exports import FileLayout, StatesInTime, to_anndata
from weightflow.prediction.fitted import FittedModel
from weightflow.prediction.moving_density import Question, WeightsAt, predict_along
from weightflow.prediction.moving_weights import WeightFiles, along_field, along_spline, read_moving_field
from weightflow.prediction.predictions import Prediction
from weightflow.progress import one_bar
from weightflow.records.digests import input_digest
from weightflow.records.record import FOLDER, ROOT, Record
from weightflow.seeding import Computation
from weightflow.settings import Plain
from weightflow.storage import atomic, read_json
from weightflow.systems.events import compile_event
from weightflow.yaml_files import read_config

if TYPE_CHECKING:
    from anndata import AnnData

    from weightflow.api.plots import FlowPlots

_FORMAT = 1  # of saved flows
_ABOUT = "flow.json"
_PARTS = {"snapshots", "weight_graph", "spline", "latent_path", "dynamics"}
_MOST_BYTES = 2**32  # of a part of a saved flow
_MOST_SAMPLES = 1_000_000  # of a comparison, as in configs
_MODEL = "flow"  # name of the model in tables


@dataclass(frozen=True, repr=False, eq=False)
class Flow:
    """A distribution that moves through time, as weights of a small network.

    Made by `fit` or `load`.

    Attributes:
        data: the data set of the fit.
        graph: the anchors, with the settings of the backbone.
        settings: of the model.
        seed: of the fit.
        curve: the learned spline; None for a field that starts at rest.
        path: (K, z) latent coordinates that drive a CDE; None for other kinds.
        field: parameters of the vector field by name; None for a spline.
        evidence: what the fit tells of its errors, for `uncertainty`.
    """

    data: Snapshots
    graph: WeightGraph
    settings: ModelSettings
    seed: int
    curve: WeightSpline | None = None
    path: np.ndarray | None = None
    field: Mapping[str, torch.Tensor] | None = None
    evidence: Evidence = UNTESTED

    def __repr__(self) -> str:
        """Kind, variables and range."""
        first, last = self.range
        return (
            f"<Flow ({self.settings.dynamics.kind}) of {', '.join(self.variables)} from {first:g} to {last:g}, "
            f"{len(self.data.observed_times)} snapshots, seed {self.seed}>"
        )

    @property
    def variables(self) -> list[str]:
        """Names of the d variables, as densities have them."""
        return self.data.scaling.names if self.data.scaling is not None else self.data.variables

    @property
    def range(self) -> tuple[float, float]:
        """First and last observed time."""
        times = self.data.observed_times
        return float(times[0]), float(times[-1])

    def at(self, time: float, *, extrapolate: bool = False) -> Density:
        """The distribution at a time.

        Args:
            time: in the unit of the data; also a date, if the data have dates.
            extrapolate: whether times past the last snapshot are allowed; no data tests the model there.

        Raises:
            InputError: the time lies outside the range.
        """
        return self.along([time], extrapolate=extrapolate)[0]

    def along(self, times: float | Sequence[float], *, extrapolate: bool = False) -> list[Density]:
        """The distributions at several times, as `at` gives them one by one; the weights are computed together.

        Args:
            times: as for `at`, one or several.
            extrapolate: as for `at`.

        Raises:
            InputError: a time lies outside the range.
        """
        made, space = [], self.data.space
        allowed = self._times(times, extrapolate)
        for time, weights in zip(allowed, self._weights(allowed), strict=True):
            seed = seeding.integer(self.seed, "density", str(time))
            network = MovedNetwork(self._backbone, torch.as_tensor(weights[None]), space, seed, {})
            made.append(Density(network, self.variables, time, seed, self.data.scaling))
        return made

    def score(self, states: Any, times: float | Sequence[float], *, extrapolate: bool = False) -> np.ndarray:
        """(n,) log-likelihood of each state at its time, in nats.

        Args:
            states: data frame with the variables as columns, or array (n, d).
            times: one for each state, or one for all, as for `at`.
            extrapolate: as for `at`.

        Raises:
            InputError: a time outside the range, or states that do not fit the variables.
        """
        rows = state_rows(states, self.variables, isinstance(self.data.space, Counts))
        times = in_data_units(times, self.data.time_label, "score")
        try:
            own = np.broadcast_to(np.asarray(times, dtype=float), len(rows))
        except (TypeError, ValueError):
            raise InputError(
                f"score: there are {len(rows)} states and times of shape {np.shape(times)}; give one for each."
            ) from None
        found, frame = np.empty(len(rows)), pd.DataFrame(rows, columns=self.variables)
        if not np.isfinite(own).all():
            raise InputError("score: a time is no number; give a number for each state.")
        unique, which = np.unique(own, return_inverse=True)
        for k, density in enumerate(self.along(unique.tolist(), extrapolate=extrapolate)):
            found[which == k] = density.log_prob(frame[which == k])
        return found

    def uncertainty(
        self, times: float | Sequence[float], events: str | Sequence[str] = (), *, level: float = 0.9
    ) -> pd.DataFrame:
        """How uncertain means and probabilities are: from the number of cells, and from what left-out snapshots miss.

        A single fit does not show the spread over seeds, which bands of the workflow contain. A flow that was loaded
        from a run without bands counts as tested on nothing. It takes seconds, for one time as for many.

        Args:
            times: as for `at`, without times past the last snapshot.
            events: one or several, as for `Density.probability`.
            level: probability that the true value lies between low and high.

        Returns:
            Table time, quantity ("mean of" a variable, or an event), value, low, high.

        Raises:
            InputError: a time lies outside the range, an event is none, or the level is not between 0 and 1.
        """
        if not (isinstance(level, int | float) and 0 < level < 1):
            raise InputError(
                f"uncertainty: level: got {shown(repr(level))}; give a number between 0 and 1, such as 0.9."
            )
        asked, texts = self._times(times, extrapolate=False), several(events)
        compiled = {str(text): compile_event(text, self.variables, "uncertainty: events") for text in texts}
        grid = np.union1d(band_times(self.data), asked)
        data = self.data.thinned(self.settings.data.share)
        fitted = FittedModel(_MODEL, self.seed, data, self._backbone, self._along)
        found = find_bands([fitted], self.evidence, compiled, level, grid)
        rows = []
        for time in asked:
            place = int(np.searchsorted(grid, time))
            named = zip(self.variables, found.means[:, place].T, strict=True)
            rows += [(time, f"mean of {name}", middle, low, high) for name, (low, middle, high) in named]
            answered = zip(compiled, found.events[:, place].T, strict=True)
            rows += [(time, text, middle, low, high) for text, (low, middle, high) in answered]
        return pd.DataFrame(rows, columns=["time", "quantity", "value", "low", "high"])

    def compare(
        self,
        data: Data | None = None,
        *,
        baselines: str | Sequence[str] | None = None,
        samples: int = 1000,
        long: bool = False,
        progress: bool = True,
    ) -> pd.DataFrame:
        """Metrics of this flow, of baselines and of floors (sampling error alone), as in the workflow's tables.

        `nll` is the mean negative log-likelihood of the held-out states in nats per variable: minus the mean of their
        `score`, divided by the number of variables. Distances are from samples to the held-out states, or to the
        training states of a data set with reference="training". Of scaled data, all metrics are in scaled units, also
        `nll`.

        Args:
            data: the truth; it must have the snapshots of the fit. None takes those of the fit, without an exact law.
            baselines: a name or names of the workflow; None takes its standard ones.
            samples: of each method at each time, from 10 on.
            long: whether to return every metric at every time, as in metrics.csv.
            progress: whether a bar is shown on standard error.

        Returns:
            A row for each method and a column for each metric: means over the times that no model saw, else over those
            past the last snapshot, else over all, in any case without the first one; `attrs["times"]` says which
            (unseen, extrapolated or all). Metrics that cannot be computed, such as `nll` without held-out states, are
            left out.

        Raises:
            InputError: other variables or times than those of the fit, or an unknown baseline.
        """
        if data is not None and not isinstance(data, Data):
            raise InputError(f"compare: got a {type(data).__name__}; make a data set of it, as for fit.")
        samples = whole(samples, 10, "compare: samples", "number of samples", _MOST_SAMPLES)
        if isinstance(baselines, str):
            baselines = [baselines]
        if baselines is not None and not isinstance(baselines, Iterable):
            raise InputError(f"compare: baselines: {shown(repr(baselines))} is no list of names; write ['mixture'].")
        truth = self._truth(data)
        law = data.law if data is not None else None
        past = bool(truth.times[-1] > truth.observed_times[-1])
        chosen = list(standard_baselines(past) if baselines is None else baselines)
        known = [name for name, baseline in BASELINES.items() if baseline.job != "own"]
        if wrong := [name for name in chosen if name not in known]:
            raise InputError(f"compare: {unknown('baseline', wrong[0], known)}")
        floors = floors_of(second_part=any(map(len, truth.heldout)))
        question, judge = Question(truth, samples, law), Judge(truth, law, EvaluationSettings().joint_every, samples)
        with one_bar(1 + len(chosen) + len(floors), progress):
            made = self._predictions([*chosen, *floors], question)
            tables = [
                evaluate(judge, prediction, os.cpu_count() or 1).assign(dataset="data", model=name, seed=self.seed)
                for name, prediction in made.items()
            ]
        table = pd.concat(tables, ignore_index=True)[COLUMNS]
        if long:
            return table.drop(columns="dataset")
        summary = at_unseen_times(summarise(table))
        wide = summary.pivot_table(index="model", columns="metric", values="mean", sort=False)
        wide.attrs["times"] = summary["times"].iloc[0]
        return wide.rename_axis(index="method", columns=None)

    def _predictions(self, baselines: Sequence[str], question: Question) -> dict[str, Prediction]:
        """Predictions of this flow, of baselines and of floors by name."""
        computation = self._computation
        made: dict[str, Prediction] = {_MODEL: predict_along(self._along, self.graph, question, computation)}
        for name in baselines:
            if name in BASELINES and BASELINES[name].job == "interpolation":
                interpolate = getattr(interpolated_weights, BASELINES[name].draw.name)  # type: ignore[union-attr]
                along = partial(map, partial(interpolate, self.graph.times, self.graph.weights))
                made[name] = predict_along(along, self.graph, question, computation)
            else:
                made[name] = predict_baseline(name, question.data, question.samples, self.seed, question.law)
        return made

    def to_anndata(
        self, times: float | Sequence[float], *, samples: int = 1000, seed: int = 0, extrapolate: bool = False
    ) -> "AnnData":
        """Samples at some times as cells: times in `obs["time"]`, values in `X`, origin in `uns["weightflow"]`.

        Principal components go to `obsm["X_states"]`, and `X` has the variables of the file.

        Args:
            times: as for `at`, one or several.
            samples: at each time.
            seed: of the draws.
            extrapolate: as for `at`.

        Raises:
            InputError: a time lies outside the range, or there are fewer samples than 1 or more than fit in memory.
        """
        if not several(times):
            raise InputError("to_anndata: there are no times; give one or more.")
        densities = self.along(times, extrapolate=extrapolate)
        each = max(densities[0]._distribution.state_bytes, 8 * len(densities) * len(self.data.variables))
        samples, seed = drawn_count(samples, "to_anndata: samples", each), checked_seed(seed, "to_anndata: seed")
        drawn = [density._distribution.sample(samples, seeding.stream(seed, k)) for k, density in enumerate(densities)]
        sampled = StatesInTime(
            np.array([density.time for density in densities]), drawn, self.data.variables, self.data.representation
        )
        about = {"seed": self.seed, "time_label": self.data.time_label, "settings": self.settings.plain()}
        return to_anndata(sampled, FileLayout(), about)

    @property
    def plot(self) -> "FlowPlots":
        """Figures: `plot.marginals()`, `plot.motion()`, `plot.weights_path()`."""
        from weightflow.api.plots import FlowPlots

        return FlowPlots(self)

    def weights(self, times: float | Sequence[float], *, extrapolate: bool = False) -> np.ndarray:
        """(T, P) weights of the network at one or several times, given as for `at`."""
        return self._weights(self._times(times, extrapolate))

    def save(self, path: str | os.PathLike) -> None:
        """Write the flow to one file, a zip archive of safetensors and JSON, with the data of its fit.

        Raises:
            InputError: the path is none of a file.
            WriteError: the file cannot be written.
        """
        place = Path(path_text(path, "save"))
        if place.is_dir():
            raise InputError(f"save: {shown(path)} is a folder; name a file in it, such as {shown(place / 'my.flow')}.")
        about = {
            "format": _FORMAT,
            "version": weightflow.__version__,
            "settings": self.settings.plain(),
            "seed": self.seed,
            "evidence": asdict(self.evidence),
        }
        with tempfile.TemporaryDirectory() as folder, atomic(place) as temporary:
            self._write(Path(folder))
            (Path(folder) / _ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True))
            with zipfile.ZipFile(temporary, "w") as archive:
                for file in sorted(Path(folder).iterdir()):
                    archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes())

    def _write(self, folder: Path) -> None:
        write_snapshots(folder / "snapshots.safetensors", self.data, {})
        write_weight_graph(folder / "weight_graph.safetensors", self.graph)
        if self.curve is not None:
            write_spline(folder / "spline.safetensors", self.curve)
        if self.path is not None:
            write_latent_path(folder / "latent_path.safetensors", self.graph.times, self.path)
        if self.field is not None:
            write_field(folder / "dynamics.safetensors", self._moving_field)

    @property
    def _computation(self) -> Computation:
        return Computation(self.seed, torch.device("cpu"))

    @cached_property
    def _backbone(self) -> Backbone:
        return make_backbone(self.graph.backbone, self.data.variables, self.data.space)

    @cached_property
    def _moving_field(self) -> Any:
        dynamics, past = self.settings.dynamics, self.settings.continuation
        field = make_field(self.graph, self.path, dynamics, self.seed, self.curve, past)
        field.load_state_dict(dict(self.field or {}))
        return field

    @cached_property
    def _along(self) -> WeightsAt:
        if self.field is not None:
            solver, device = self.settings.solver, torch.device("cpu")
            return along_field(self._moving_field, self.graph, solver, self.data.times, device)
        assert self.curve is not None
        return along_spline(self.curve, float(self.graph.times[-1]), self.settings.continuation.weights)

    def _weights(self, times: Sequence[float]) -> np.ndarray:
        increasing, places = np.unique(np.asarray(times, dtype=float), return_inverse=True)
        (found,) = self._along([increasing])
        return found.astype(np.float32)[places]

    def _times(self, times: Any, extrapolate: bool) -> list[float]:
        """One or several times, if they lie in the range; raises as `_time`."""
        found = in_data_units(times, self.data.time_label, "time")
        return [self._time(time, extrapolate) for time in several(found)]

    def _time(self, time: float, extrapolate: bool) -> float:
        """A time, if it lies in the range.

        Raises:
            InputError: it does not, or is no number.
        """
        first, last = self.range
        if not isinstance(time, float | int | np.number) or not np.isfinite(time):
            raise InputError(f"time: {shown(repr(time))} is no number; give a time from {first:g} to {last:g}.")
        near = 1e-9 * (last - first)
        time = first if abs(time - first) <= near else last if abs(time - last) <= near else time
        if time < first:
            raise InputError(
                f"time {time:g} is before the first snapshot {first:g}, where no model is defined; raise it."
            )
        if time > last and not extrapolate:
            raise InputError(f"time {time:g} is past the last snapshot {last:g}; lower it, or set extrapolate=True.")
        if time > last and stages.ends(self.settings):
            raise InputError(f"time {time:g} is past {last:g}, where this CDE ends; set continuation.path in its fit.")
        return float(time)

    def _truth(self, data: Data | None) -> Snapshots:
        """The snapshots to compare with; those of the fit are the observed ones."""
        if data is None:
            return self.data
        given = data.snapshots
        if list(given.variables) != list(self.data.variables):
            raise InputError(
                f"compare: the data have the variables {', '.join(given.variables)}, the flow has "
                f"{', '.join(self.data.variables)}; give data of the same variables in the same order."
            )
        if given.discrete != self.data.discrete:
            raise InputError(
                "compare: one of data and flow is of counts and the other of real values; give the same kind."
            )
        check_begun(given.times.tolist(), self.data, "compare: the data's times")
        if missing := [time for time in self.data.observed_times if not is_at(given.times, time).any()]:
            raise InputError(
                f"compare: the data lack the time {missing[0]:g} of a snapshot of the fit; give data with all of them."
            )
        seen = np.any([is_at(given.times, time) for time in self.data.observed_times], axis=0)
        own = iter(self.data.observed)
        parts = zip(seen, given.training, strict=True)
        return replace(
            given,
            training=[next(own) if is_seen else self._own(part, given) for is_seen, part in parts],
            heldout=[self._own(part, given) for part in given.heldout],
            is_observed=seen,
            space=self.data.space,
            representation=self.data.representation,
        )

    def _own(self, states: np.ndarray, data: Snapshots) -> np.ndarray:
        """States of other data in the representation of the fit.

        Raises:
            InputError: the other data are principal components of their own.
        """
        theirs, ours = data.representation, self.data.representation
        both = theirs is not None and ours is not None
        if both and all(np.array_equal(getattr(theirs, part), getattr(ours, part)) for part in ("mean", "axes")):
            return states
        if theirs is not None and not theirs.is_scaling:
            raise InputError("compare: the data are principal components of their own; give them without components.")
        values = states if theirs is None else theirs.values(states)
        return values if ours is None else ours.states(values)


def is_at(times: np.ndarray, time: float) -> np.ndarray:
    """(T,) bool: which of increasing times (T,) equals a time, up to rounding."""
    return np.abs(times - time) <= 1e-6 * np.diff(times).min(initial=np.inf)


def load(path: str | os.PathLike) -> Flow:
    """Load a flow from a file of `Flow.save`, or from the folder of a model in the results of the workflow.

    The settings of a model of the workflow are those of the run's settings.yaml, if it is there; else those that the
    density does not depend on have their defaults.

    Args:
        path: the file; or results/DATASET/runs/MODEL/seedN.

    Raises:
        InputError: there is no flow, or it is damaged, incomplete or of another version.
    """
    place = Path(path_text(path, "load"))
    if place.is_dir():
        return _of_results(place)
    if not place.is_file():
        raise InputError(f"{path}: there is no such file or folder; check the path.")
    with _unpacked(place) as folder:
        try:
            return _of_folder(folder)
        except InputError as fault:
            raise InputError(f"{path}: {str(fault).replace(f'{folder}{os.sep}', '')}") from None


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The parts of a saved flow in a temporary folder; the archive may hold nothing else."""
    try:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename != _ABOUT and Path(entry.filename).stem not in _PARTS:
                    raise InputError(
                        f"{path}: holds '{shown(entry.filename)}', so it is no saved flow; check the path."
                    )
                if entry.file_size > _MOST_BYTES:
                    raise InputError(f"{path}: '{shown(entry.filename)}' is too large for a flow; check the path.")
                target = Path(folder) / Path(entry.filename).name
                target.write_bytes(archive.read(entry))
            yield Path(folder)
    except InputError:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as fault:
        raise InputError(f"{path}: is no saved flow, or was cut short; save it again.") from fault


def _of_folder(folder: Path) -> Flow:
    about = read_json(folder / _ABOUT, "format", "version", "settings", "seed")
    if about["format"] != _FORMAT:
        raise InputError(
            f"it was saved by weightflow {shown(about['version'])} in format {shown(about['format'])}, and weightflow "
            f"{weightflow.__version__} reads format {_FORMAT}; load it with that version."
        )
    settings, seed = ModelSettings.of(about["settings"], _ABOUT), about["seed"]
    if not isinstance(seed, int):
        raise InputError(f"{_ABOUT}: the seed is no whole number; save the flow again.")
    files = {part: folder / f"{part}.safetensors" for part in _PARTS if (folder / f"{part}.safetensors").is_file()}
    made = _of_files(files, settings, seed)
    if "evidence" not in about:  # as saved by older versions
        return made
    try:
        evidence = Evidence(float(about["evidence"]["error_ratio"]), tuple(map(float, about["evidence"]["missed"])))
    except (TypeError, KeyError, ValueError):
        raise InputError(f"{_ABOUT}: the evidence is not made of numbers; save the flow again.") from None
    if evidence.missed and len(evidence.missed) != len(made.graph.times) - 1:
        raise InputError(f"{_ABOUT}: the evidence is that of other snapshots; save the flow again.")
    return replace(made, evidence=evidence)


def _of_results(folder: Path) -> Flow:
    """From the files that made a run's prediction, by its record."""
    prediction = folder.absolute() / "prediction.safetensors"
    roots = [parent for parent in prediction.parents if parent.name == ROOT and (parent / FOLDER).is_dir()]
    if not roots or not prediction.is_file():
        raise InputError(
            f"{folder}: holds no finished run; name a folder such as results/epidemic/runs/weightflow/seed0, or a file "
            "of Flow.save."
        )
    root = roots[0]
    about = root / FOLDER / f"{prediction.relative_to(root)}.json"
    try:
        record = Record(**read_json(about))
    except TypeError:
        raise InputError(f"{about}: is no record of a result; run the workflow again.") from None
    files = {}
    for name, digest in record.inputs.items():
        if (stem := Path(name).stem) in _PARTS:
            files[stem] = root / name[1:]
            if not files[stem].is_file() or input_digest(files[stem]) != digest:
                raise InputError(f"{files[stem]}: is not what the run was made from; run the workflow again.")
    if "weight_graph" not in files:
        raise InputError(f"{folder}: the run {record.wildcards.get('model')} is no model with weights; name a model.")
    graph = read_weight_graph(files["weight_graph"])
    if "settings" not in record.params:
        raise InputError(f"{folder}: the run {record.wildcards.get('model')} is no model of its own; name a model.")
    model, known = record.wildcards["model"], record.params["settings"]
    settings = _settings_of(root, model, known).but(backbone=graph.backbone)
    made = _of_files(files, settings, int(record.wildcards["seed"]))
    bands = folder.absolute().parent / "bands.safetensors"
    evidence = Evidence(*read_evidence(bands)) if bands.is_file() else UNTESTED
    fits = len(evidence.missed) in (0, len(made.graph.times) - 1)
    return replace(made, evidence=evidence if fits else UNTESTED)


def _settings_of(root: Path, model: str, known: Plain) -> ModelSettings:
    """Settings of a model from a run's settings.yaml that agrees with the known sections, else with defaults."""
    for file in [root / "settings.yaml", *sorted(root.glob("*/settings.yaml"))]:
        if file.is_file():
            found = read_config(file).get("models", {}).get(model)
            if isinstance(found, dict) and all(found.get(section) == value for section, value in known.items()):
                return ModelSettings.of(found, str(file))
    return ModelSettings.of(known, model)


def _of_files(files: Mapping[str, Path], settings: ModelSettings, seed: int) -> Flow:
    """A flow from its parts on disk."""
    for part in ("snapshots", "weight_graph"):
        if part not in files:
            raise InputError(f"the part {part} is missing; save the flow again.")
    graph = read_weight_graph(files["weight_graph"])
    curve = read_spline(files["spline"]) if "spline" in files else None
    path = read_latent_path(files["latent_path"]).coordinates if "latent_path" in files else None
    field = None
    if "dynamics" in files:
        parts = [str(files.get(part, "")) for part in ("weight_graph", "spline", "latent_path", "dynamics")]
        field = read_moving_field(WeightFiles(*parts), graph, settings, seed).state_dict()
    elif curve is None:
        raise InputError("neither a spline nor dynamics are in it; save the flow again.")
    return Flow(read_snapshots(files["snapshots"]), graph, settings, seed, curve, path, field)
