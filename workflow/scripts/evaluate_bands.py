"""Measure the coverage of the true marginals by their bands, at observed and unobserved times."""

from weightflow.bands.coverage import judge_bands, read_bands
from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law
from weightflow.storage import write_table


def main(snakemake):
    inputs = snakemake.input
    bands, data = read_bands(inputs.bands), read_snapshots(inputs.snapshots)
    write_table(snakemake.output[0], judge_bands(bands, known_law(inputs.law), data.observed_times))


run(main, snakemake)  # noqa: F821
