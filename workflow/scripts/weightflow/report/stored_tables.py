"""Stored tables: the summary of a run with the commit that made it, and the tables of pages rendered from them.

A stored table is a CSV file. Comments at its top say what made it. A page has its tables between the marks
`<!-- table NAME -->` and `<!-- end -->`, so that every number on it comes from a stored table or from the table of
published results.
"""

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from weightflow.baselines.registry import is_floor, is_model
from weightflow.errors import InputError
from weightflow.evaluation.leave_one_out import TIMES as LEFT_OUT
from weightflow.report.tables import MISSING
from weightflow.storage import write_text

COLUMNS = ["dataset", "model", "metric", "times", "mean", "std", "n"]
FACTS = ("commit", "command", "seeds", "date")  # at the top of every stored table
COVERAGE, BAND_WIDTH = "band_coverage", "band_width"  # metrics of bands in stored tables
SECONDS = "seconds"  # of all stages of a run, from the data to the tables, as a metric
METHOD = "WeightFlow"  # the paper's own in tables of published results
_EACH = f"{LEFT_OUT} at "  # before the time of a single left-out snapshot
_BLOCK = re.compile(r"(<!-- table ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Stored:
    """A stored table.

    Attributes:
        facts: by name, `FACTS` and possibly a note.
        table: with `COLUMNS`; times of single left-out snapshots are named `left_out at TIME`.
    """

    facts: Mapping[str, str]
    table: pd.DataFrame

    def value(self, dataset: str, model: str, metric: str, times: str) -> tuple[float, float] | None:
        """Mean and standard deviation over seeds; None if it is not in the table."""
        own = self._rows(dataset, model, metric)
        own = own[own["times"] == times]
        return (float(own["mean"].iloc[0]), float(own["std"].iloc[0])) if len(own) else None

    def count(self, dataset: str, model: str, metric: str) -> int | None:
        """Number of seeds; None if the metric is not in the table."""
        own = self._rows(dataset, model, metric)
        return int(own["n"].iloc[0]) if len(own) else None

    def each_left_out(self, dataset: str, model: str, metric: str) -> list[float]:
        """Means at every left-out snapshot, in the order of their times."""
        own = self._rows(dataset, model, metric)
        own = own[own["times"].str.startswith(_EACH)]
        order = own["times"].str.removeprefix(_EACH).astype(float).sort_values().index
        return own.loc[order, "mean"].tolist()

    def models(self, dataset: str) -> list[str]:
        """Models, baselines and floors of a data set, in the order of the table."""
        return list(dict.fromkeys(self.table.loc[self.table["dataset"] == dataset, "model"]))

    def _rows(self, dataset: str, model: str, metric: str) -> pd.DataFrame:
        table = self.table
        return table[(table["dataset"] == dataset) & (table["model"] == model) & (table["metric"] == metric)]


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Attributes:
        label: heading.
        metric: as in the stored table.
        times: part of the times; `left_out at` lists every left-out snapshot.
        decimals: of means and standard deviations.
        spread: whether the standard deviation over seeds follows in brackets, unless it rounds to 0.
    """

    label: str
    metric: str
    times: str = "all"
    decimals: int = 4
    spread: bool = True

    def cell(self, stored: Stored, dataset: str, model: str) -> str:
        """The numbers of a run as text."""
        if self.times == _EACH.strip():
            each = stored.each_left_out(dataset, model, self.metric)
            return ", ".join(as_text(value, self.decimals) for value in each) or MISSING
        found = stored.value(dataset, model, self.metric, self.times)
        if found is None:
            return MISSING
        mean, spread = (as_text(value, self.decimals) for value in found)
        shown = self.spread and spread not in (MISSING, as_text(0, self.decimals))
        return f"{mean} ({spread})" if shown else mean


@dataclass(frozen=True)
class OverFolds(Column):
    """The mean over left-out snapshots with its standard error in brackets, from the scatter of the snapshots."""

    times: str = LEFT_OUT

    def cell(self, stored: Stored, dataset: str, model: str) -> str:
        """As `Column`."""
        each = np.array(stored.each_left_out(dataset, model, self.metric))
        if not len(each):
            return MISSING
        mean = as_text(float(each.mean()), self.decimals)
        if len(each) == 1:
            return mean
        return f"{mean} ({as_text(float(each.std(ddof=1) / math.sqrt(len(each))), self.decimals)})"


@dataclass(frozen=True)
class Seeds(Column):
    """The number of seeds behind the numbers of a metric."""

    def cell(self, stored: Stored, dataset: str, model: str) -> str:
        """As `Column`."""
        own = stored.count(dataset, model, self.metric)
        return MISSING if own is None else str(own)


@dataclass(frozen=True)
class Rows:
    """Rows of a table, the runs of one data set.

    Attributes:
        stored: name of the stored table.
        dataset: in that table.
        runs: names of models, baselines and floors; their labels by name if they have others.
        label: of the data set, before its first row.
        published: system of `published.csv` whose results of the method are the first row.
        peers: whether the published results of other methods stand above it.
        decimals: by metric, where they differ from the column's.
    """

    stored: str
    dataset: str
    runs: Sequence[str] | Mapping[str, str]
    label: str = ""
    published: str = ""
    peers: bool = False
    decimals: Mapping[str, int] = field(default_factory=dict)

    def fitted(self, column: Column) -> Column:
        """The column with the decimals of these rows."""
        return replace(column, decimals=self.decimals.get(column.metric, column.decimals))

    def labels(self) -> dict[str, str]:
        """Labels by name of a run."""
        own = self.runs
        return dict(own) if isinstance(own, Mapping) else {run: f"`{run}`" for run in own}


class Table(Protocol):
    """A table of a page."""

    @property
    def uses(self) -> list[str]:
        """Names of the stored tables that it shows."""

    def lines(self, stored: Mapping[str, Stored], published: pd.DataFrame) -> list[str]:
        """Lines of Markdown.

        Args:
            stored: by name.
            published: table system, method, metric, mean, std.
        """


@dataclass(frozen=True)
class RunsTable:
    """A row for each run, a column for each metric.

    Attributes:
        columns: of numbers.
        groups: of rows.
        corner: heading of the runs.
    """

    columns: Sequence[Column]
    groups: Sequence[Rows]
    corner: str = ""

    @property
    def uses(self) -> list[str]:
        """As `Table`."""
        return list(dict.fromkeys(group.stored for group in self.groups))

    def lines(self, stored: Mapping[str, Stored], published: pd.DataFrame) -> list[str]:
        """As `Table`."""
        named = any(group.label for group in self.groups)
        head = [*([""] if named else []), self.corner, *(column.label for column in self.columns)]
        found = [_row(head), "|" + "---|" * len(head)]
        for group in self.groups:
            rows = []
            for method, label in _methods(published, group).items():
                rows.append([label, *(_published(published, group.published, method, c) for c in self.columns)])
            columns, own = [group.fitted(column) for column in self.columns], stored[group.stored]
            for run, label in group.labels().items():
                rows.append([label, *(column.cell(own, group.dataset, run) for column in columns)])
            found += [_row([*([group.label if i == 0 else ""] if named else []), *row]) for i, row in enumerate(rows)]
        return found


@dataclass(frozen=True)
class PublishedTable:
    """Published results alone: a row for each system and method, a column for each metric.

    Attributes:
        columns: of numbers.
        systems: labels by name of a system.
    """

    columns: Sequence[Column]
    systems: Mapping[str, str]

    @property
    def uses(self) -> list[str]:
        """As `Table`; none."""
        return []

    def lines(self, stored: Mapping[str, Stored], published: pd.DataFrame) -> list[str]:
        """As `Table`."""
        head = ["", "", *(column.label for column in self.columns)]
        found = [_row(head), "|" + "---|" * len(head)]
        for system, label in self.systems.items():
            for i, (method, text) in enumerate(_all_methods(published, system).items()):
                cells = [_published(published, system, method, column, column.decimals) for column in self.columns]
                found.append(_row(["" if i else label, text, *cells]))
        return found


@dataclass(frozen=True)
class Contest:
    """A row for each data set: a model beside its rivals, on left-out snapshots.

    Attributes:
        stored: name of the stored table.
        column: of the metric; lower is better.
        model: name of the model.
        rivals: names of baselines.
        beside: names of further baselines or floors, which are no rivals.
        datasets: labels by name.
        ratio: whether the last columns have the model's mean over the best rival's; else the number of left-out
            snapshots at which the model is below all rivals, and its largest excess over the best of them.
    """

    stored: str
    column: OverFolds
    model: str
    rivals: Sequence[str]
    beside: Sequence[str]
    datasets: Mapping[str, str]
    ratio: bool = True

    @property
    def uses(self) -> list[str]:
        """As `Table`."""
        return [self.stored]

    def lines(self, stored: Mapping[str, Stored], published: pd.DataFrame) -> list[str]:
        """As `Table`; the last row is of all data sets."""
        own, shown = stored[self.stored], [self.model, *self.rivals, *self.beside]
        last = ["over the best rival's"] if self.ratio else ["below all rivals", "largest excess"]
        head = [self.column.label, *(f"`{name}`" for name in shown), *last]
        found, excess = [_row(head), "|" + "---|" * len(head)], []
        for dataset, label in self.datasets.items():
            each = {run: np.array(own.each_left_out(dataset, run, self.column.metric)) for run in shown}
            best = min((each[name] for name in self.rivals if len(each[name])), key=np.mean)
            lowest = np.min([each[name] for name in self.rivals if len(each[name])], axis=0)
            excess.append(
                np.array([each[self.model].mean() / best.mean()]) if self.ratio else each[self.model] - lowest
            )
            cells = [self.column.cell(own, dataset, run) for run in shown]
            found.append(_row([label, *cells, *self._verdict(excess[-1])]))
        whole = np.concatenate(excess)
        return [*found, _row(["all", *[""] * len(shown), *self._verdict(whole)])]

    def _verdict(self, excess: np.ndarray) -> list[str]:
        if self.ratio:
            return [as_text(float(excess.mean()), 2)]
        return [f"{int((excess < 0).sum())} of {len(excess)}", as_text(float(excess.max()), self.column.decimals)]


@dataclass(frozen=True)
class Headline:
    """A row of `HeadlineTable`: one or two metrics on a data set.

    Attributes:
        label: of the data.
        says: of the metrics.
        stored: name of the stored table.
        dataset: in that table.
        columns: the metrics, joined by a slash; without spread.
        published: system of `published.csv`; empty if nothing is published.
    """

    label: str
    says: str
    stored: str
    dataset: str
    columns: Sequence[Column]
    published: str = ""


@dataclass(frozen=True)
class HeadlineTable:
    """A model beside the published method, the best baseline and the floor.

    A number of the model is bold if it is, as printed, lower than that of every baseline. The best baseline is that of
    each metric.

    Attributes:
        model: name of the model.
        rows: of the table.
        floors: the first one that the data set has is shown.
    """

    model: str
    rows: Sequence[Headline]
    floors: Sequence[str]

    @property
    def uses(self) -> list[str]:
        """As `Table`."""
        return list(dict.fromkeys(row.stored for row in self.rows))

    def lines(self, stored: Mapping[str, Stored], published: pd.DataFrame) -> list[str]:
        """As `Table`."""
        head = ["data", "metric", f"`{self.model}`", "published", "best baseline", "floor"]
        found = [_row(head), "|" + "---|" * len(head)]
        for row in self.rows:
            own = stored[row.stored]
            means = [_means(own, row.dataset, column) for column in row.columns]
            best = [_best(values) for values in means]
            ours = [_text(values, self.model, column) for values, column in zip(means, row.columns, strict=True)]
            bold = [
                _is_better(values, self.model, name, column)
                for values, name, column in zip(means, best, row.columns, strict=True)
            ]
            floor = next((name for name in self.floors if name in own.models(row.dataset)), "")
            cells = [_published(published, row.published, METHOD, column).split(" (")[0] for column in row.columns]
            rival = [
                (f"`{name}` " if name != (best[i - 1] if i else None) else "") + _text(values, name, column)
                for i, (values, name, column) in enumerate(zip(means, best, row.columns, strict=True))
            ]
            floors = [_text(values, floor, column) for values, column in zip(means, row.columns, strict=True)]
            found.append(
                _row([row.label, row.says, _bold(ours, bold), _joined(cells), " / ".join(rival), _joined(floors)])
            )
        return found


def as_text(value: float, decimals: int) -> str:
    """A number with so many decimals, halves rounded up; ∞, and – for a missing one."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{exact:f}".replace("-", "−")


def gather(folder: Path, seeds: int) -> pd.DataFrame:
    """The table to store of a run, from those of its tables that are there.

    They are `summary.csv`, `leave_one_out.csv`, `bands.csv` and `runtime.csv`; the seconds of a run are of all its
    stages.

    Args:
        folder: of the run's tables.
        seeds: number of fits that bands are made from.

    Raises:
        InputError: there is neither a summary nor a table of bands or of left-out snapshots.
    """
    path, bands, each = folder / "summary.csv", folder / "bands.csv", folder / "leave_one_out.csv"
    if not any(file.exists() for file in (path, bands, each)):
        raise InputError(f"{path}: is not there; run the config first, as make tables NAME={folder.name} does.")
    parts = [pd.read_csv(path)] if path.exists() else []
    if bands.exists():
        parts.append(_coverage(pd.read_csv(bands), seeds))
    if each.exists():
        scores = pd.read_csv(each)
        keys = ["dataset", "model", "metric", "time"]
        own = scores.groupby(keys, sort=False)["value"].agg(["mean", "std", "count"]).reset_index()
        own["times"] = _EACH + own["time"].map("{:g}".format)
        parts.append(own.rename(columns={"count": "n"}))
    if (folder / "runtime.csv").exists():
        parts.append(_seconds(pd.read_csv(folder / "runtime.csv")))
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _seconds(runtime: pd.DataFrame) -> pd.DataFrame:
    """Mean over seeds of the seconds of all stages of each run; columns `COLUMNS`."""
    whole = runtime.groupby(["dataset", "model", "seed"], sort=False)[SECONDS].sum()
    found = whole.groupby(["dataset", "model"], sort=False).agg(["mean", "std", "count"]).reset_index()
    return found.rename(columns={"count": "n"}).assign(metric=SECONDS, times="all")[COLUMNS]


def _coverage(bands: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """Share of all bins in their bands, and mean width, by part of the times; columns `COLUMNS`."""
    every = pd.concat([bands, bands.assign(times="all")]).rename(columns={"width": BAND_WIDTH, "coverage": COVERAGE})
    rows = []
    for (dataset, model, times), own in every.groupby(["dataset", "model", "times"], sort=False):
        for metric in (COVERAGE, BAND_WIDTH):
            mean = float(np.average(own[metric], weights=own["bins"]))
            rows.append((dataset, model, metric, times, mean, math.nan, seeds))
    return pd.DataFrame(rows, columns=COLUMNS)


def write_stored(path: Path, stored: Stored) -> None:
    """Write a stored table, numbers with six significant digits."""
    lines = [f"# {name}: {value}" for name, value in stored.facts.items()]
    body = stored.table[COLUMNS].to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_text(path, "\n".join([*lines, body]))


def read_stored(path: Path) -> Stored:
    """Read what `write_stored` wrote.

    Raises:
        InputError: the file does not say what made it, or lacks a column.
    """
    text = path.read_text(encoding="utf-8")
    head = [line[2:].partition(": ") for line in text.splitlines() if line.startswith("# ")]
    facts = {name: value for name, _, value in head}
    table = pd.read_csv(io.StringIO(text), comment="#")
    missing = [fact for fact in FACTS if not facts.get(fact)] + [c for c in COLUMNS if c not in table]
    if missing:
        raise InputError(f"{path}: lacks {', '.join(missing)}; make it again with make tables NAME={path.stem}.")
    return Stored(facts, table)


def render(
    page: str, tables: Mapping[str, Table], stored: Mapping[str, Stored], published: pd.DataFrame, source: str
) -> str:
    """A page with its tables made again.

    Args:
        page: Markdown.
        tables: of the page, by the names of their marks.
        stored: by name.
        published: table system, method, metric, mean, std.
        source: of the page, for errors.

    Raises:
        InputError: marks of the page and tables differ.
    """
    marked = [found[2] for found in _BLOCK.finditer(page)]
    if sorted(marked) != sorted(tables):
        raise InputError(f"{source}: has marks of the tables {sorted(marked)}, but {sorted(tables)} are declared.")

    def block(found: re.Match[str]) -> str:
        table = tables[found[2]]
        commits = ["", _commits({name: stored[name] for name in table.uses})] if table.uses else []
        made = "\n".join([*table.lines(stored, published), *commits])
        return f"{found[1]}{made}\n{found[3]}"

    return _BLOCK.sub(block, page)


def _commits(stored: Mapping[str, Stored]) -> str:
    """A line with the commits that made the stored tables."""
    by_commit: dict[str, list[str]] = {}
    for name, own in stored.items():
        by_commit.setdefault(own.facts["commit"], []).append(name)
    told = [f"{_short(commit)} (`{'`, `'.join(names)}`)" for commit, names in by_commit.items()]
    return f"Commit: {'; '.join(told)}."


def _short(commit: str) -> str:
    return re.sub(r"\b([0-9a-f]{7})[0-9a-f]{33}\b", r"\1", commit)


def _means(stored: Stored, dataset: str, column: Column) -> dict[str, float]:
    """Mean of every run that has the metric."""
    found = {run: stored.value(dataset, run, column.metric, column.times) for run in stored.models(dataset)}
    return {run: value[0] for run, value in found.items() if value is not None and not math.isnan(value[0])}


def _best(means: Mapping[str, float]) -> str:
    """The baseline with the lowest mean; empty without one."""
    rivals = [run for run in means if not is_model(run) and not is_floor(run)]
    return min(rivals, key=means.__getitem__, default="")


def _text(means: Mapping[str, float], run: str, column: Column) -> str:
    return as_text(means.get(run, math.nan), column.decimals)


def _is_better(means: Mapping[str, float], model: str, rival: str, column: Column) -> bool:
    if model not in means or rival not in means:
        return False
    own, other = (
        float(as_text(means[run], column.decimals).replace("−", "-").replace("∞", "inf")) for run in (model, rival)
    )
    return own < other


def _bold(texts: Sequence[str], bold: Sequence[bool]) -> str:
    if all(bold):
        return f"**{' / '.join(texts)}**"
    return " / ".join(f"**{text}**" if is_bold else text for text, is_bold in zip(texts, bold, strict=True))


def _joined(texts: Sequence[str]) -> str:
    return MISSING if set(texts) == {MISSING} else " / ".join(texts)


def _methods(published: pd.DataFrame, group: Rows) -> dict[str, str]:
    """Labels of the published methods of a group's first rows, by name."""
    if not group.published:
        return {}
    return _all_methods(published, group.published) if group.peers else {METHOD: "published (Table 1)"}


def _all_methods(published: pd.DataFrame, system: str) -> dict[str, str]:
    """Labels of a system's published methods, by name; the paper's own method is last."""
    names = dict.fromkeys(published.loc[published["system"] == system, "method"])
    return {name: f"{name}, published" for name in sorted(names, key=METHOD.__eq__)}


def _published(published: pd.DataFrame, system: str, method: str, column: Column, decimals: int = 3) -> str:
    """The published result of a method; only means over all times of the released metrics are published."""
    own = published[(published["system"] == system) & (published["method"] == method)]
    own = own[own["metric"] == column.metric]
    if own.empty or column.times != "all" or isinstance(column, Seeds):
        return MISSING
    mean, spread = (as_text(own[name].iloc[0], decimals) for name in ("mean", "std"))
    return mean if spread == MISSING else f"{mean} ({spread})"


def _row(cells: Sequence[str]) -> str:
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"
