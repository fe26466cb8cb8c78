"""Train the networks of a population, side by side."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.population import write_population
from weightflow.populations.tasks.task import read_task
from weightflow.populations.training import train_population
from weightflow.records.provenance import stamp
from weightflow.storage import write_table


def main(snakemake):
    params, task = snakemake.params, read_task(snakemake.input.task)
    classifier = make_classifier(params.settings["architecture"], task.shape, task.classes)
    population = train_population(classifier, task, params.settings["training"], params.seed, job_device(snakemake))
    write_population(snakemake.output.population, population, made_by=stamp(snakemake))
    write_table(snakemake.output.curves, population.curves)


run(main, snakemake)  # noqa: F821
