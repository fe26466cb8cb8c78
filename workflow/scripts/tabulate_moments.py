"""Compute moments of every run's samples and of the truth, at every time and at left-out snapshots."""

from weightflow.evaluation.moments import compare_moments, read_runs
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    inputs = snakemake.input
    runs = read_runs(snakemake.params.runs, inputs.snapshots, inputs.predictions)
    write_table(snakemake.output[0], compare_moments(runs))


run(main, snakemake)  # noqa: F821
