"""Join this run's results with the published results on the same systems."""

import pandas as pd

from weightflow.evaluation.published import beside_published, read_published
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    published, summary = read_published(inputs.published), pd.read_csv(inputs.summary)
    write_table(snakemake.output[0], beside_published(published, summary, params.systems, params.runs))


run(main, snakemake)  # noqa: F821
