"""Gather the coverage of the bands of all data sets."""

import pandas as pd

from weightflow.bands.coverage import COLUMNS
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    tables = [
        pd.read_csv(path).assign(**about) for about, path in zip(snakemake.params.about, snakemake.input, strict=True)
    ]
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    write_table(snakemake.output[0], found.reindex(columns=["dataset", "model", *COLUMNS]))


run(main, snakemake)  # noqa: F821
