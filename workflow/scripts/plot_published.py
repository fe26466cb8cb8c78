"""Draw this run's results beside the published ones on the same systems."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.published import plot_published


def main(snakemake):
    style.save(plot_published(pd.read_csv(snakemake.input[0]), style.lines(snakemake.params.runs)), snakemake.output)


run(main, snakemake)  # noqa: F821
