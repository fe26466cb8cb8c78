"""Train the networks of a population, side by side."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.jobs.population import of_population
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.population import write_population
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.training import train_population
from weightflow.seeding import Computation
from weightflow.storage import write_table


@of_population
def main(snakemake):
    params, task = snakemake.params, read_task(snakemake.input.task)
    settings = PopulationSettings.parts(params.settings)
    classifier = make_classifier(settings.architecture, task.shape, task.classes)
    computation = Computation(params.seed, job_device(snakemake))
    population = train_population(classifier, task, settings.training, computation)
    write_population(snakemake.output.population, population, made_by=stamp(snakemake))
    write_table(snakemake.output.curves, population.curves)


run(main, snakemake)  # noqa: F821
