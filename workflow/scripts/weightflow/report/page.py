"""The report: results, figures and settings on one HTML page without external files."""

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from weightflow.baselines.registry import SPLIT_HALF, is_model
from weightflow.data.snapshots import Origin, Snapshots
from weightflow.errors import number
from weightflow.evaluation.choices import (
    INTERVALS,
    SMOOTHING,
    STEPS,
    TEACHER,
    Choice,
    chosen_teachers,
    informed_models,
    rank_models,
    rank_teachers,
    smoothing_scores,
    steps_chosen,
    verdict,
)
from weightflow.evaluation.leave_one_out import TIMES
from weightflow.evaluation.registry import METRICS, ordered
from weightflow.evaluation.score_tables import EXTRAPOLATED
from weightflow.evaluation.trust import Trust
from weightflow.laws.law import ExactLaw, describe_law, of_all
from weightflow.plots.registry import FIGURES
from weightflow.plots.style import DPI
from weightflow.prediction.motion import Motion
from weightflow.records.bench import Measurements
from weightflow.records.digests import versions
from weightflow.report.populations import population_section
from weightflow.report.story import shorten, tell_answers, tell_bands, tell_motion, tell_parts, tell_slowing, tell_trust
from weightflow.report.tables import (
    ablations_table,
    determination_table,
    measured_table,
    published_table,
    results_table,
    runtimes_table,
    sample_size_tables,
    settings_table,
)
from weightflow.settings import Plain
from weightflow.teaching.scoring import EVERY

PAGES = {  # in order
    "system": "The system",
    "methods": "Methods compared",
    "choices": "Choices and training",
    "runtimes": "Runtimes",
    "settings": "Settings and versions",
}
MOST_ROWS = 13  # of the table of a question
MOST_DETERMINED = 6  # variables of a model in the table of R²
_LEAST_REST = 0.0005  # of the states, for a row of a table
_LAW = "exact law"  # in captions of figures that compare with it
_SCREEN_SCALE = 1.35 * 96 / DPI  # a screen is further from the eye than paper

_TIMES = {
    "unseen": "Unseen times, where nothing was observed",
    "all": "All times",
    "seen": "Seen times, with snapshots in the training part",
    "first": "The first interval, before the second snapshot",
    EXTRAPOLATED: "Past the last snapshot",
    TIMES: "Left-out snapshots, each predicted from all the others",
}
WORDS = {name: metric.words for name, metric in METRICS.items()}


@dataclass(frozen=True)
class Source:
    """Inputs of the report's section about one data set.

    Attributes:
        name: of the data set.
        data: its snapshots.
        origin: source of the snapshots, from the metadata of their file.
        system: title and file of the simulated system, if any.
        runs: models, baselines and floors, in the order of the tables.
        figures: PNG and GIF files, named KIND or KIND-MODEL.
        choices: of teachers, smoothing and steps for its models.
        ablations: PNG files of the ablation study's factors.
        law: the exact law, which may be unknown; None if it was not requested.
        shown: the model of the first page; empty without models.
        motion: of this model.
        trust: the evidence about this model.
        answers: table with `answers.COLUMNS`; None without questions.
        bands: coverage of its bands, table with `coverage.COLUMNS`; None without it.
        determination: table with `moments.DETERMINATION`; None without it.
    """

    name: str
    data: Snapshots
    origin: Origin
    runs: Sequence[str]
    figures: Sequence[str]
    choices: Sequence[Choice] = ()
    ablations: Sequence[str] = ()
    law: ExactLaw | None = None
    system: str = ""
    shown: str = ""
    motion: Motion | None = None
    trust: Trust | None = None
    answers: pd.DataFrame | None = None
    bands: pd.DataFrame | None = None
    determination: pd.DataFrame | None = None


@dataclass(frozen=True)
class Comparison:
    """Inputs of the report's sections over all data sets; missing ones are left out.

    Attributes:
        ablations: table of the ablation study, from `ablation_table.tabulate_ablations`.
        published: table with `published.COLUMNS`.
        figures: PNG files over all data sets.
        sizes: table with `sample_size.COLUMNS`.
    """

    ablations: pd.DataFrame | None = None
    published: pd.DataFrame | None = None
    figures: Sequence[str] = ()
    sizes: pd.DataFrame | None = None


@dataclass(frozen=True)
class Report:
    """Inputs of the report about data sets.

    Attributes:
        config: complete, with defaults.
        folder: of the run, with its tables and settings.
        sources: the data sets.
        summary: table dataset, model, metric, times, mean, std, n.
        runtime: table dataset, model, seed, stage, seconds, max_rss_mb, device.
        rulegraph: PNG file.
        comparison: published results, ablations and figures over all data sets.
        most_teachers: largest number of listed candidates for teacher of an interval.
        measured: results of `make bench` on this machine; None without them.
        growth: PNG file of these results.
    """

    config: Plain
    folder: str
    sources: Sequence[Source]
    summary: pd.DataFrame
    runtime: pd.DataFrame
    rulegraph: str | Path
    comparison: Comparison
    most_teachers: int = 10
    measured: Measurements | None = None
    growth: str | Path = ""


@dataclass(frozen=True)
class PopulationsReport:
    """Inputs of the page about populations.

    Attributes:
        folder: of their tables and settings.
        populations: settings of the populations by name, complete.
        seeds: of the run.
        summary: table population, layout, source, metric, mean, std, seeds.
        runtime: table population, stage, seed, seconds, max_rss_mb.
        figures: PNG files of each population.
        examples: checked facts about users' own examples, by population.
        transfer: table of fine-tuned networks of all populations and seeds; None without fine-tuning.
        zoos: table of reconstructed networks of other populations; None without them.
        variants: table of variants of auto-encoders; None without variants.
    """

    folder: str
    populations: Mapping[str, Plain]
    seeds: Sequence[int]
    summary: pd.DataFrame
    runtime: pd.DataFrame
    figures: Mapping[str, Sequence[str]]
    examples: Mapping[str, Plain] = field(default_factory=dict)
    transfer: pd.DataFrame | None = None
    zoos: pd.DataFrame | None = None
    variants: pd.DataFrame | None = None


def render_report(template: str, captions: Mapping[str, str], report: Report) -> str:
    """The report as HTML.

    Args:
        template: Jinja source of the page.
        captions: by kind of figure, plain text.
        report: its inputs.
    """
    config, comparison = report.config, report.comparison
    rest = {k: value for k, value in config.items() if k not in ("models", "datasets", "seeds", "populations")}
    return _page(
        template,
        config["seeds"],
        report.folder,
        datasets=[
            _dataset(source, captions, report)
            | {"ablations": _ablations(source, captions, comparison, config["ablations"]["labels"])}
            for source in report.sources
        ],
        published=_published(comparison.published, report.sources),
        overall=[_figure(path, captions, "") for path in comparison.figures],
        settings={"Models": config["models"], "Data sets": config["datasets"], "Everything else": {"value": rest}},
        measured=None
        if report.measured is None
        else measured_table(report.measured) | {"figure": _figure(report.growth, captions, "")},
        rulegraph=_figure(report.rulegraph, captions, ""),
    )


def render_populations(template: str, captions: Mapping[str, str], report: PopulationsReport) -> str:
    """The page about populations as HTML; arguments as in `render_report`."""
    sections = [
        population_section(
            name,
            settings,
            report.summary,
            report.runtime,
            report.examples.get(name),
            report.transfer,
            report.zoos,
            report.variants,
        )
        | {"figures": [_figure(path, captions, f"population-{name}-") for path in report.figures[name]]}
        for name, settings in report.populations.items()
    ]
    tables = {"Populations": report.populations}
    return _page(template, report.seeds, report.folder, populations=sections, settings=tables)


def _page(template: str, seeds: Sequence[int], folder: str, settings: Mapping[str, Plain], **sections: Any) -> str:
    """The template, filled with the given sections; other sections are left out."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    none: dict[str, Any] = {
        "datasets": [],
        "populations": [],
        "published": None,
        "overall": [],
        "measured": None,
        "rulegraph": None,
    }
    tables = {title: settings_table(own) for title, own in settings.items()}
    shown = none | sections | {"settings": {title: own for title, own in tables.items() if own["columns"]}}
    return environment.from_string(template).render(
        title="WeightFlow report", seeds=seeds, folder=folder, versions=versions(), pages=PAGES, words=WORDS, **shown
    )


def _dataset(source: Source, captions: Mapping[str, str], report: Report) -> dict[str, Any]:
    summary, runtime = report.summary, report.runtime
    own = summary[summary["dataset"] == source.name]
    parts = {times: own[own["times"] == times] for times in _TIMES}
    groups = {times: [ordered(part["metric"], proper) for proper in (True, False)] for times, part in parts.items()}
    left_out = [run for run in (*source.runs, SPLIT_HALF) if run in set(parts[TIMES]["model"])]
    rows = dict.fromkeys(_TIMES, source.runs) | {TIMES: left_out}
    anchor, law = f"data-{source.name}", _law(source, bool(len(parts[TIMES])))
    return {
        "name": source.name,
        "anchor": anchor,
        "facts": _facts(source, law),
        "law": law if source.law is None or source.law.reason or not source.law.is_known else "",
        "informed": informed_models(source.choices),
        "determination": _determination(source),
        "results": [
            {
                "title": title,
                "note": _past(source.data) if times == EXTRAPOLATED else "",
                "tables": [results_table(group, rows[times], parts[times]) for group in groups[times] if group],
            }
            for times, title in _TIMES.items()
            if len(parts[times])
        ],
        "meanings": {m: METRICS[m].meaning for m in _all_of(groups) if m in METRICS},
        "choices": _choices(source, own, report.most_teachers),
        "system": _system(source, report.config["evaluation"]["bands"]),
        "figures": {
            page: [
                _figure(path, captions, f"{anchor}-", _law_in_caption(source))
                for path in source.figures
                if FIGURES[Path(path).stem.partition("-")[0]].page == page
            ]
            for page in PAGES
        },
        "runtimes": runtimes_table(source.runs, runtime[runtime["dataset"] == source.name]),
    }


def _system(source: Source, level: float) -> dict[str, Any]:
    """What the system does, the answers, and how far to trust the model."""
    model = source.shown
    return {
        "model": model,
        "motion": tell_motion(source.data, source.motion) if source.motion else [],
        "answers": [
            {
                "name": answer.name,
                "event": answer.event,
                "told": answer.sentences,
                "sources": answer.sources,
                "rows": shorten(answer.rows, MOST_ROWS),
            }
            for answer in (tell_answers(source.answers, model) if source.answers is not None and model else [])
        ],
        "trust": [
            *(tell_trust(source.trust, model, len(source.data.observed_times)) if source.trust else []),
            *(tell_bands(source.bands, level) if source.bands is not None else []),
        ],
    }


def _past(data: Snapshots) -> str:
    """Note above the tables of times past the last snapshot."""
    later = data.times[data.times > data.observed_times[-1]]
    return (
        f"Nothing later than {number(data.observed_times[-1])} was observed; these are the {len(later)} times from "
        f"{number(later[0])} to {number(later[-1])}, which are in no other table. The setting continuation of each "
        "model, below, determines its extrapolation."
    )


def _choices(source: Source, own: pd.DataFrame, most_teachers: int) -> dict[str, Any]:
    """The verdict on the models, and a table for each choice; numbers as text."""
    models = [run for run in source.runs if is_model(run)]
    groups: dict[tuple[str, str], list[Choice]] = {}
    for choice in source.choices:
        groups.setdefault((choice.kind, choice.title), []).append(choice)
    teachers, smoothing = [], []
    for (kind, title), group in groups.items():
        if kind == TEACHER:
            ranked = rank_teachers(group[0], most_teachers)
            parts: list[dict[str, Any]] = [
                {
                    "title": INTERVALS[str(interval)].capitalize(),
                    "candidates": int(part["candidates"].iloc[0]),
                    "shown": len(part),
                    "rows": [
                        (
                            row.teacher,
                            f"{row.bandwidth:g}",
                            f"{row.nll:.4f}",
                            _signed(row.behind, row.error),
                            f"{row.part:.1%}" if row.part else "–",
                            row.chosen,
                        )
                        for row in part.itertuples()
                    ],
                }
                for interval, part in ranked.groupby("interval", sort=False)
            ]
            taught = chosen_teachers(group[0], "first")
            averaged = EVERY in set(ranked["interval"])
            if averaged and (rest := 1 - ranked["part"].sum()) > _LEAST_REST:
                others = len(taught) - int((ranked["part"] > 0).sum())
                parts[0]["rows"].append((f"the other {others} together", "", "", "", f"{rest:.1%}", False))
            teachers.append(
                {
                    "models": title,
                    "parts": parts,
                    "together": [f"{teacher.label} ({part:.1%})" for teacher, part in taught],
                    "averaged": averaged,
                    "sums": tell_parts(taught),
                    "ahead": tell_slowing(group[0].made["slowing"], source.data.observed_times),
                }
            )
        if kind == SMOOTHING and len(scores := smoothing_scores(group[0])):
            names = [name for name in scores if name not in ("nll", "chosen") and scores[name].nunique() > 1]
            rows = [
                ([f"{value:g}" for value in row[names]], f"{row['nll']:.4f}", bool(row["chosen"]))
                for _, row in scores.iterrows()
            ]
            smoothing.append({"models": title, "names": names, "rows": rows})
    steps = steps_chosen([choice for choice in source.choices if choice.kind == STEPS])
    whole = of_all(source.law, len(source.data.variables)) is not None
    return {
        "verdict": verdict(rank_models(own, models, whole), models[0]) if models else "",
        "teachers": teachers,
        "smoothing": smoothing,
        "steps": [
            (model, [(f"{row.steps:d} of {row.most:d}", f"{row.gain:.4f}") for row in part.itertuples()])
            for model, part in steps.groupby("model", sort=False)
        ],
    }


def _ablations(
    source: Source, captions: Mapping[str, str], comparison: Comparison, labels: Mapping[str, str]
) -> dict[str, Any] | None:
    """Tables and figures of the ablation study on a data set; None without them."""
    table, sizes = comparison.ablations, comparison.sizes
    if table is None or not source.ablations:
        return None
    law = _law_in_caption(source)
    figures = [_figure(path, captions, f"data-{source.name}-", law) for path in source.ablations]
    own = [] if sizes is None else sample_size_tables(sizes[sizes["dataset"] == source.name], labels)
    return ablations_table(table[table["dataset"] == source.name], labels) | {"figures": figures, "sizes": own}


def _published(table: pd.DataFrame | None, sources: Sequence[Source]) -> dict[str, Any] | None:
    if table is None or table.empty:
        return None
    return published_table(table, [run for source in sources for run in source.runs])


def _all_of(groups: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    """All metrics of all parts, each once, in the order of the tables."""
    return list(dict.fromkeys(metric for part in groups.values() for group in part for metric in group))


def _signed(value: float, error: float) -> str:
    return f"{value:.4f} ± {error:.4f}" if value else "0"


def _determination(source: Source) -> dict[str, Any] | None:
    """The table of R²; None without moments."""
    if source.determination is None or source.determination.empty:
        return None
    models = [run for run in source.runs if is_model(run)]
    return determination_table(source.determination, models, MOST_DETERMINED)


def _law(source: Source, has_folds: bool) -> str:
    """What is known of the exact law, and what predictions are compared with instead; empty without a system."""
    law, instead = source.law, f"Predictions are compared with {_reference(source, has_folds)} instead."
    if law is None:
        return f"not computed: evaluation.exact.max_states is 0. {instead}" if source.system else ""
    told = describe_law(law, source.data.variables)
    if not law.is_known:
        return f"{told}. {instead}"
    return told if of_all(law, len(source.data.variables)) else f"{told}. For the other variables: {instead.lower()}"


def _reference(source: Source, has_folds: bool) -> str:
    """The best reference besides the exact law."""
    data = source.data
    if data.reference == "heldout":
        found = "fresh trajectories" if source.system else "held-out states"
    else:
        found = "the states of the training part"
        if any(map(len, data.heldout)):
            found += f" (nll: {'fresh trajectories' if source.system else 'held-out states'})"
    return f"{found} and with left-out snapshots" if has_folds else found


def _law_in_caption(source: Source) -> str:
    """A sentence for captions that name the exact law, if it is unknown for some variables."""
    law = source.law
    if law is None or not law.reason:
        return ""
    if not law.is_known:
        return f"Here the exact law is unknown: {law.reason}."
    return f"Here the exact law is that of {describe_law(law, source.data.variables)}."


def _facts(source: Source, law: str) -> dict[str, str]:
    data = source.data
    unseen, past = len(data.times) - len(data.observed_times), (data.times > data.observed_times[-1]).sum()
    seen = f"{len(data.observed_times)} snapshots; {unseen or 'none'} of the times are unseen"
    truth = {
        "heldout": "the held-out part, not used in training",
        "training": "the training part, at all of its times",
    }[data.reference]
    facts = {
        "variables": f"{len(data.variables)}: {', '.join(data.variables)}",
        "states": data.space.describe(),
        "times": f"{len(data.times)}, {data.time_label} {number(data.times[0])} … {number(data.times[-1])}",
        "observed": f"{seen}, {past} of them past the last snapshot" if past else seen,
        "training part": f"{_sizes(data.training)} states at each time",
        "held-out part": f"{_sizes(data.heldout)} states at each time" if any(map(len, data.heldout)) else "none",
        "truth": f"{truth} ({_sizes(data.truth)} states at each time)",
    }
    if data.relations:
        facts["holds in every state"] = f"{'; '.join(data.relations)} (kept by the models)"
    if law:
        facts["exact law"] = law
    if made := source.origin.get("file"):
        facts["file"] = f"{made['file']} (SHA-256 {made['sha256']})"
    if made := source.origin.get("system"):
        facts["simulated from"] = f"{source.system} (SHA-256 {', '.join(made['inputs'])})"
    return facts


def _sizes(snapshots: Sequence[Any]) -> str:
    sizes = [len(snapshot) for snapshot in snapshots]
    return str(sizes[0]) if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"


def _figure(path: str | Path, captions: Mapping[str, str], prefix: str, law: str = "") -> dict[str, Any]:
    """An image as base64, with its size, so that the page keeps its layout while it loads.

    Args:
        path: of the image.
        captions: by kind of figure.
        prefix: of the anchor.
        law: a sentence that follows a caption on the exact law.
    """
    content, stem, form = Path(path).read_bytes(), Path(path).stem, Path(path).suffix[1:]
    kind, _, model = stem.partition("-")
    if form == "gif":
        size = struct.unpack("<HH", content[6:10])
    else:
        size = tuple(round(pixels * _SCREEN_SCALE) for pixels in struct.unpack(">II", content[16:24]))
    return {
        "kind": kind,
        "anchor": f"{prefix}{stem}",
        "title": f"{FIGURES[kind].title} ({model})" if model else FIGURES[kind].title,
        "caption": " ".join([*captions[kind].split(), *(law.split() if _LAW in captions[kind] else [])]),
        "image": f"data:image/{form};base64,{base64.b64encode(content).decode('ascii')}",
        "width": size[0],
        "height": size[1],
    }
