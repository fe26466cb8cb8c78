"""Draw predicted against true moments of the variables."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.moments import plot_moments


def main(snakemake):
    figure = plot_moments(pd.read_csv(snakemake.input[0]), style.lines(snakemake.params.models))
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
