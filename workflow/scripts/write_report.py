"""Write the report, one page with every table, figure, setting and version."""

from pathlib import Path

import pandas as pd

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.choices import Choice
from weightflow.evaluation.trust import judge_trust
from weightflow.jobs.frame import run
from weightflow.laws.law import read_law
from weightflow.prediction.motion import read_motion
from weightflow.records.bench import read_measurements
from weightflow.records.record import dataset_of
from weightflow.report.page import Comparison, Report, Source, render_report
from weightflow.storage import read_json, read_metadata, write_text


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    choices: dict[str, list[Choice]] = {}
    for about, made, scores in zip(params.choices, inputs.choices, inputs.scores, strict=True):
        dataset, kind, models, seed = (about[key] for key in ("dataset", "kind", "models", "seed"))
        choices.setdefault(dataset, []).append(Choice(kind, models, seed, read_json(made), pd.read_csv(scores)))
    laws = {dataset_of(path): read_law(path) for path in inputs.laws}
    metrics, left_out = pd.read_csv(inputs.metrics), pd.read_csv(inputs.left_out) if inputs.left_out else None
    motions = dict(zip(params.described, map(read_motion, inputs.motions), strict=True))
    answers = dict(zip(params.questioned, map(pd.read_csv, inputs.answers), strict=True))
    bands = pd.read_csv(inputs.bands)
    determinations = {Path(path).parent.name: pd.read_csv(path) for path in inputs.determinations}
    trusts = {
        name: judge_trust(pd.read_csv(path), metrics, left_out, name, params.shown[name], params.runs[name])
        for name, path in zip(params.described, inputs.calibrations, strict=True)
    }
    sources = [
        Source(
            name=name,
            data=read_snapshots(path),
            origin=read_metadata(path)["source"],
            system=params.systems[name],
            runs=params.runs[name],
            figures=_of(name, inputs.figures),
            ablations=_of(name, inputs.ablation_figures),
            law=laws.get(name),
            choices=choices.get(name, []),
            shown=params.shown[name] if name in motions else "",
            motion=motions.get(name),
            trust=trusts.get(name),
            answers=answers.get(name),
            bands=bands[bands["dataset"] == name],
            determination=determinations[name],
        )
        for name, path in zip(map(dataset_of, inputs.snapshots), inputs.snapshots, strict=True)
    ]
    report = Report(
        config=params.config,
        folder=params.folder,
        sources=sources,
        summary=pd.read_csv(inputs.summary),
        runtime=pd.read_csv(inputs.runtime),
        rulegraph=inputs.rulegraph,
        comparison=Comparison(
            ablations=pd.read_csv(inputs.ablations, keep_default_na=False, na_values=[""])
            if inputs.ablations
            else None,
            published=pd.read_csv(inputs.published) if inputs.published else None,
            figures=inputs.get("overall", []),
            sizes=pd.read_csv(inputs.sizes) if inputs.sizes else None,
        ),
        measured=read_measurements(inputs.measured[0]) if inputs.measured else None,
        growth=inputs.growth,
        most_teachers=params.most,
    )
    captions = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in inputs.captions}
    write_text(snakemake.output[0], render_report(Path(inputs.template).read_text(encoding="utf-8"), captions, report))


def _of(dataset, paths):
    """The figures of a data set."""
    return [path for path in paths if Path(path).parts[-3] == dataset]


run(main, snakemake)  # noqa: F821
