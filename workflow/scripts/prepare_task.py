"""Split and scale what classifiers are to learn."""

from weightflow.job import run
from weightflow.provenance import stamp
from weightflow.tasks import built_in, split_task, write_task


def main(snakemake):
    settings = snakemake.params.settings
    task = split_task(built_in(settings["task"]), settings["split"])
    write_task(snakemake.output[0], task, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
