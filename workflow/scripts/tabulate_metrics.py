"""Gather the metrics of all runs, and summarise them over times and seeds."""

import pandas as pd

from weightflow.evaluation.score_tables import summarise
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    table = pd.concat([pd.read_csv(path) for path in snakemake.input.runs], ignore_index=True)
    folds = [pd.read_csv(path) for path in snakemake.input.folds]
    write_table(snakemake.output.metrics, table)
    write_table(snakemake.output.summary, pd.concat([summarise(table), *folds], ignore_index=True))


run(main, snakemake)  # noqa: F821
