"""Tabulate the calibration of every model at all times with held-out states, and at left-out snapshots."""

from weightflow.evaluation.calibration import tabulate_calibration
from weightflow.evaluation.moments import read_runs
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    inputs = snakemake.input
    runs = read_runs(snakemake.params.runs, inputs.snapshots, inputs.predictions)
    write_table(snakemake.output[0], tabulate_calibration(runs))


run(main, snakemake)  # noqa: F821
