"""Draw what predictions cost against how far they are from the truth."""

import pandas as pd

from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.inference import plot_inference


def main(snakemake):
    tables = [pd.read_csv(path) for path in (snakemake.input.summary, snakemake.input.runtime)]
    own = [table[table["dataset"] == snakemake.wildcards.dataset] for table in tables]
    style.save(plot_inference(*own, style.lines(snakemake.params.runs)), snakemake.output)


run(main, snakemake)  # noqa: F821
