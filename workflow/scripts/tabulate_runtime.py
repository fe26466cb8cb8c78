"""Gather seconds, memory and device of every stage of every run."""

from pathlib import Path

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.records.integrity import check_inputs
from weightflow.report.runtime import compare_estimate, runtime_table
from weightflow.storage import write_table


def main(snakemake):
    artefacts = iter(snakemake.input.artefacts)
    rows = [
        (*row, spent, next(artefacts) if has_artefact else None, seeds)
        for (*row, has_artefact, seeds), spent in zip(snakemake.params.rows, snakemake.input.benchmarks, strict=True)
    ]
    table = runtime_table(rows)
    # Where there is one from before; as an input it would be made.
    estimate = Path(snakemake.output[0]).with_name("estimate.csv")
    if estimate.is_file():
        check_inputs([str(estimate)], snakemake.output)
        table = compare_estimate(table, pd.read_csv(estimate))
    write_table(snakemake.output[0], table)


run(main, snakemake)  # noqa: F821
