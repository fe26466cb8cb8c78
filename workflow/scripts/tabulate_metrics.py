"""Gather the metrics of all runs, and summarise them over times and seeds."""

import pandas as pd

from weightflow.evaluation import summarise
from weightflow.job import run
from weightflow.snapshots import read_snapshots
from weightflow.storage import write_table


def main(snakemake):
    inputs, datasets = snakemake.input, snakemake.params.datasets
    second = {
        name: read_snapshots(path).observed_times[1] for name, path in zip(datasets, inputs.snapshots, strict=True)
    }
    table = pd.concat([pd.read_csv(path) for path in inputs.metrics], ignore_index=True)
    write_table(snakemake.output.metrics, table)
    write_table(snakemake.output.summary, summarise(table, second))


run(main, snakemake)  # noqa: F821
