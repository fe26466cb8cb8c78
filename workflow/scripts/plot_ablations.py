"""Draw what each change of the base model's settings does to its metrics."""

import pandas as pd

from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.ablations import plot_ablations


def main(snakemake):
    table = pd.read_csv(snakemake.input[0], keep_default_na=False, na_values=[""])
    own = table[table["dataset"] == snakemake.wildcards.dataset]
    style.save(plot_ablations(own), snakemake.output)


run(main, snakemake)  # noqa: F821
