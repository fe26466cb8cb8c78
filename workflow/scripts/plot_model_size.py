"""Draw what models hold against the number of states."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.model_size import plot_model_size


def main(snakemake):
    style.save(plot_model_size(pd.read_csv(snakemake.input[0])), snakemake.output)


run(main, snakemake)  # noqa: F821
