"""Split and scale what classifiers are to learn."""

from weightflow.job import run
from weightflow.named_tasks import named_task
from weightflow.provenance import stamp
from weightflow.task_catalogue import read_catalogue
from weightflow.tasks import write_task


def main(snakemake):
    settings = snakemake.params.settings
    task = named_task(settings["task"], settings["split"], read_catalogue(snakemake.input.catalogue))
    write_task(snakemake.output[0], task, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
