"""Draw what predictions cost against how far they are from the truth."""

import pandas as pd

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style
from weightflow.plots.inference import plot_inference


def main(snakemake):
    inputs = snakemake.input
    tables = [pd.read_csv(path) for path in (inputs.summary, inputs.runtime)]
    own = [table[table["dataset"] == snakemake.wildcards.dataset] for table in tables]
    law_of_all = of_all(known_law(inputs.law), len(read_snapshots(inputs.snapshots).variables)) is not None
    style.save(plot_inference(*own, style.lines(snakemake.params.runs), law_of_all), snakemake.output)


run(main, snakemake)  # noqa: F821
