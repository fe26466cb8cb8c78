"""Gather the fine-tuned networks of all populations and seeds."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.populations.metrics import OF_TUNED, TUNED
from weightflow.storage import write_table


def main(snakemake):
    tables = [
        pd.read_csv(path).assign(**about) for about, path in zip(snakemake.params.about, snakemake.input, strict=True)
    ]
    columns = ["population", "seed", "task", *TUNED, *OF_TUNED]
    write_table(snakemake.output[0], pd.concat(tables, ignore_index=True)[columns])


run(main, snakemake)  # noqa: F821
