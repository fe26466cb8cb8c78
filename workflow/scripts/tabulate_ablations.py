"""Gather the metrics of the ablation study's runs, by what each run changes."""

import pandas as pd

from weightflow.ablations import check_levels, tabulate_ablations
from weightflow.evaluation import summarise
from weightflow.job import run
from weightflow.snapshots import read_snapshots
from weightflow.storage import write_table


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    check_levels(params.levels)
    datasets = zip(params.datasets, inputs.snapshots, strict=True)
    second = {name: read_snapshots(path).observed_times[1] for name, path in datasets}
    table = pd.concat([pd.read_csv(path) for path in inputs.metrics], ignore_index=True)
    write_table(snakemake.output[0], tabulate_ablations(summarise(table, second), params.levels))


run(main, snakemake)  # noqa: F821
