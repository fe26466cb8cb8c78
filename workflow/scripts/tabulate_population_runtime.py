"""Gather seconds and memory of every stage of every population."""

from weightflow.jobs.frame import run
from weightflow.report.runtime import PopulationStage, population_runtime
from weightflow.storage import write_table


def main(snakemake):
    rows = zip(snakemake.params.rows, snakemake.input, strict=True)
    stages = [PopulationStage(**row, benchmark=benchmark) for row, benchmark in rows]
    write_table(snakemake.output[0], population_runtime(stages))


run(main, snakemake)  # noqa: F821
