"""Gather a further table of all populations and seeds, such as frontiers of generators or fine-tuned networks."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    own = zip(snakemake.params.about, map(pd.read_csv, snakemake.input), strict=True)
    tables = [pd.concat([pd.DataFrame([about] * len(table)), table], axis=1) for about, table in own]
    write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))


run(main, snakemake)  # noqa: F821
