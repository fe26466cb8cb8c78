"""Write the report about populations and bands: one page that needs nothing else to be read."""

from pathlib import Path

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.report.page import PopulationsReport, render_populations
from weightflow.storage import write_text


def main(snakemake):
    inputs = snakemake.input
    figures = {
        name: [path for path in inputs.figures if Path(path).parts[-3] == name] for name in snakemake.params.populations
    }
    report = PopulationsReport(
        populations=snakemake.params.populations,
        seeds=snakemake.params.seeds,
        summary=pd.read_csv(inputs.summary),
        runtime=pd.read_csv(inputs.runtime),
        figures=figures,
        bands=snakemake.params.bands,
        banded=pd.read_csv(inputs.banded),
        band_figures=dict(zip(snakemake.params.bands, inputs.bands, strict=True)),
    )
    captions = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in inputs.captions}
    template = Path(inputs.template).read_text(encoding="utf-8")
    write_text(snakemake.output[0], render_populations(template, captions, report))


run(main, snakemake)  # noqa: F821
