"""Compute the cumulative energies of the data and of the runs along their paths."""

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.moments import read_runs
from weightflow.evaluation.path_energy import tabulate_path_energy
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    inputs = snakemake.input
    runs = read_runs(snakemake.params.runs, [inputs.snapshots], inputs.predictions)
    table = tabulate_path_energy(snakemake.wildcards.dataset, read_snapshots(inputs.snapshots), runs)
    write_table(snakemake.output[0], table)


run(main, snakemake)  # noqa: F821
