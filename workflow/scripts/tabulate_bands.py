"""Gather the coverage of the bands of all data sets: every seed, and mean and deviation over seeds."""

import pandas as pd

from weightflow.bands.coverage import COLUMNS, summarise_bands
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    tables = [
        pd.read_csv(path).assign(**about) for about, path in zip(snakemake.params.about, snakemake.input, strict=True)
    ]
    empty = pd.DataFrame(columns=["dataset", "seed", *COLUMNS])
    metrics, summary = summarise_bands(pd.concat(tables, ignore_index=True) if tables else empty)
    write_table(snakemake.output.metrics, metrics)
    write_table(snakemake.output.summary, summary)


run(main, snakemake)  # noqa: F821
