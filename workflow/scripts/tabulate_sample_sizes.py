"""Tabulate the metrics of the ablation study's runs against their numbers of training states."""

import pandas as pd

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.sample_size import Size, tabulate_sample_sizes
from weightflow.jobs.frame import run
from weightflow.records.record import dataset_of
from weightflow.storage import write_table


def main(snakemake):
    inputs, sizes = snakemake.input, [Size(*size) for size in snakemake.params.sizes]
    table = pd.concat([pd.read_csv(path) for path in inputs.runs], ignore_index=True)
    states = {dataset_of(path): float(read_snapshots(path).observed_sizes.mean()) for path in inputs.snapshots}
    write_table(snakemake.output[0], tabulate_sample_sizes(table, sizes, states))


run(main, snakemake)  # noqa: F821
