"""Prepare a task for queries of networks of another task: fit its images to theirs, split and scale its examples."""

from weightflow.jobs.frame import run, stamp
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.by_name import fitted_task
from weightflow.populations.tasks.catalogue import read_catalogue
from weightflow.populations.tasks.task import write_task
from weightflow.storage import read_json


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    settings = PopulationSettings.parts(params.settings)
    where = f"populations.{snakemake.wildcards.population}.autoencoder.queries.from"
    shape = read_json(inputs.checked, "shape")["shape"] if inputs.checked else params.shape
    catalogue = read_catalogue(inputs.catalogue)
    task = fitted_task(snakemake.wildcards.other, settings.split, catalogue, tuple(shape), settings.scale, where)
    write_task(snakemake.output[0], task, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
