"""Gather the metrics of the ablation study's runs, by factor and level."""

import pandas as pd

from weightflow.evaluation.ablation_level import Level
from weightflow.evaluation.ablation_table import check_levels, tabulate_ablations
from weightflow.evaluation.score_tables import summarise
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    levels = [Level(*level) for level in snakemake.params.levels]
    check_levels(levels)
    table = pd.concat([pd.read_csv(path) for path in snakemake.input], ignore_index=True)
    write_table(snakemake.output[0], tabulate_ablations(summarise(table), levels))


run(main, snakemake)  # noqa: F821
