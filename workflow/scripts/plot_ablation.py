"""Draw what the levels of one factor do to the metrics of the base model."""

import pandas as pd

from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.ablations import plot_ablation


def main(snakemake):
    table, wildcards = pd.read_csv(snakemake.input[0], keep_default_na=False, na_values=[""]), snakemake.wildcards
    own = table[table["dataset"] == wildcards.dataset]
    style.save(plot_ablation(own, wildcards.factor, snakemake.params.label), snakemake.output)


run(main, snakemake)  # noqa: F821
