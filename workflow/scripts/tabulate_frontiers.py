"""Gather the frontiers of all populations: every seed."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.populations.frontiers import COLUMNS
from weightflow.storage import write_table


def main(snakemake):
    tables = [
        pd.read_csv(path).assign(**about) for about, path in zip(snakemake.params.about, snakemake.input, strict=True)
    ]
    columns = ["population", "seed", *COLUMNS]
    found = pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
    write_table(snakemake.output[0], found)


run(main, snakemake)  # noqa: F821
