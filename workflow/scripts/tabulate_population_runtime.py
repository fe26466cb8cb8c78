"""Gather seconds and memory of every stage of every population."""

from weightflow.jobs.frame import run
from weightflow.report.runtime import population_runtime
from weightflow.storage import write_table


def main(snakemake):
    rows = [(*row, spent) for row, spent in zip(snakemake.params.rows, snakemake.input, strict=True)]
    write_table(snakemake.output[0], population_runtime(rows))


run(main, snakemake)  # noqa: F821
