"""Gather seconds, memory and device of every stage of every run."""

from weightflow.job import run
from weightflow.runtime import runtime_table
from weightflow.storage import write_table


def main(snakemake):
    write_table(snakemake.output[0], runtime_table(snakemake.params.rows))


run(main, snakemake)  # noqa: F821
