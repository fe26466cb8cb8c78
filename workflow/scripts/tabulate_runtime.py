"""Gather seconds, memory and device of every stage of every run."""

from pathlib import Path

import pandas as pd

from weightflow.job import run
from weightflow.runtime import compare_estimate, runtime_table
from weightflow.storage import write_table


def main(snakemake):
    table = runtime_table(snakemake.params.rows)
    estimate = Path(snakemake.params.estimate)
    if estimate.is_file():
        table = compare_estimate(table, pd.read_csv(estimate))
    write_table(snakemake.output[0], table)


run(main, snakemake)  # noqa: F821
