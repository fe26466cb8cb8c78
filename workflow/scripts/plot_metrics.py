"""Draw the metrics of all runs against time."""

import pandas as pd

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.metrics import plot_metrics


def main(snakemake):
    data, table = read_snapshots(snakemake.input.snapshots), pd.read_csv(snakemake.input.metrics)
    own = table[table["dataset"] == snakemake.wildcards.dataset]
    style.save(plot_metrics(data, own, style.lines(snakemake.params.runs)), snakemake.output)


run(main, snakemake)  # noqa: F821
