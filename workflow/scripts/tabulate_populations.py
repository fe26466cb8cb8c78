"""Gather the metrics of all populations: every seed, and mean and deviation over seeds."""

import pandas as pd

from weightflow.evaluation.seed_statistics import over_seeds
from weightflow.jobs.frame import run
from weightflow.populations.metrics import COLUMNS
from weightflow.storage import write_table


def main(snakemake):
    tables = [
        pd.read_csv(path).assign(**about) for about, path in zip(snakemake.params.about, snakemake.input, strict=True)
    ]
    found = pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)
    write_table(snakemake.output.metrics, found)
    write_table(snakemake.output.summary, over_seeds(found, ["population", "layout", "source", "metric"]))


run(main, snakemake)  # noqa: F821
