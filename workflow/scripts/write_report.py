"""Write the report: one page that holds every table, figure, setting and version."""

from itertools import islice
from pathlib import Path

import pandas as pd
import yaml

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import read_law
from weightflow.report.benchmarks import read_measurements
from weightflow.report.choices import Choice
from weightflow.report.page import Comparison, Source, render_report
from weightflow.storage import read_json, read_metadata, write_text


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    figures, ablations, laws = map(iter, (inputs.figures, inputs.ablation_figures, inputs.laws))
    choices = iter(zip(inputs.choices, inputs.scores, strict=True))
    sources = [
        Source(
            name=name,
            data=read_snapshots(path),
            origin=read_metadata(path)["source"],
            runs=params.runs[name],
            figures=list(islice(figures, params.figures[name])),
            ablations=list(islice(ablations, params.ablations[name])),
            law=read_law(next(laws)) if params.laws[name] else None,
            choices=[
                Choice(*who, read_json(made), pd.read_csv(scores))
                for who, (made, scores) in zip(params.choices[name], choices, strict=False)
            ],
        )
        for name, path in zip(params.figures, inputs.snapshots, strict=True)
    ]
    page = render_report(
        template=Path(inputs.template).read_text(encoding="utf-8"),
        captions={Path(path).stem: Path(path).read_text(encoding="utf-8") for path in inputs.captions},
        config=yaml.safe_load(Path(inputs.settings).read_text(encoding="utf-8")),
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
        ),
        measured=read_measurements(inputs.measured[0]) if inputs.measured else None,
        growth=inputs.growth,
        most_teachers=params.most,
    )
    write_text(snakemake.output[0], page)


run(main, snakemake)  # noqa: F821
