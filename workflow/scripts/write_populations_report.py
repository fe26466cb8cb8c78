"""Write the report about populations, one page without external files."""

from pathlib import Path

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.report.page import PopulationsReport, render_populations
from weightflow.storage import read_json, write_text


def main(snakemake):
    inputs = snakemake.input
    report = PopulationsReport(
        folder=snakemake.params.folder,
        populations=snakemake.params.populations,
        seeds=snakemake.params.seeds,
        summary=pd.read_csv(inputs.summary),
        runtime=pd.read_csv(inputs.runtime),
        figures={name: _of(name, inputs.figures) for name in snakemake.params.populations},
        examples={Path(path).parent.name: read_json(path) for path in inputs.examples},
        transfer=_table(inputs.transfers),
        zoos=_table(inputs.zoos),
        variants=_table(inputs.variants),
    )
    captions = {Path(path).stem: Path(path).read_text(encoding="utf-8") for path in inputs.captions}
    template = Path(inputs.template).read_text(encoding="utf-8")
    write_text(snakemake.output[0], render_populations(template, captions, report))


def _table(paths):
    """A further table; None if no population has it."""
    return pd.concat(map(pd.read_csv, paths)) if paths else None


def _of(name, paths):
    """The figures of a population."""
    return [path for path in paths if Path(path).parts[-3] == name]


run(main, snakemake)  # noqa: F821
