"""Train the networks of a population, side by side."""

from weightflow.classifiers import make_classifier
from weightflow.device import job_device
from weightflow.job import run
from weightflow.population_training import train_population
from weightflow.populations import write_population
from weightflow.provenance import stamp
from weightflow.storage import write_table
from weightflow.tasks import read_task


def main(snakemake):
    params, task = snakemake.params, read_task(snakemake.input.task)
    classifier = make_classifier(params.settings["architecture"], task.shape, task.classes)
    population = train_population(classifier, task, params.settings["training"], params.seed, job_device(snakemake))
    write_population(snakemake.output.population, population, made_by=stamp(snakemake))
    write_table(snakemake.output.curves, population.curves)


run(main, snakemake)  # noqa: F821
