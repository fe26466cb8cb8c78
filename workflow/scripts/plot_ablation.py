"""Draw what the levels of one factor do to the metrics of the base model."""

import pandas as pd

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style
from weightflow.plots.ablations import plot_ablation


def main(snakemake):
    inputs, wildcards = snakemake.input, snakemake.wildcards
    table = pd.read_csv(inputs.table, keep_default_na=False, na_values=[""])
    own = table[table["dataset"] == wildcards.dataset]
    law_of_all = of_all(known_law(inputs.law), len(read_snapshots(inputs.snapshots).variables)) is not None
    style.save(plot_ablation(own, wildcards.factor, law_of_all, snakemake.params.label), snakemake.output)


run(main, snakemake)  # noqa: F821
