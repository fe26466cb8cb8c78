"""Compute moments of every run's samples and of the truth, and the coefficient of determination of each variable."""

from weightflow.evaluation.moments import compare_moments, determinations, read_runs
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    inputs = snakemake.input
    runs = read_runs(snakemake.params.runs, inputs.snapshots, inputs.predictions)
    table = compare_moments(runs)
    write_table(snakemake.output.moments, table)
    write_table(snakemake.output.determination, determinations(table))


run(main, snakemake)  # noqa: F821
