"""Fit a generator to the networks of a population."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.jobs.population import of_population
from weightflow.populations.generators import Examples
from weightflow.populations.population import read_population
from weightflow.populations.registry import GENERATORS
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.user_modules import classifier_of_population
from weightflow.seeding import Computation
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    settings, task = PopulationSettings.parts(params.settings), read_task(inputs.task)
    population = read_population(inputs.population)
    classifier = classifier_of_population(population, settings, task)
    examples = Examples(task.training, task.validation)
    computation = Computation(params.seed, job_device(snakemake))
    generator = GENERATORS[snakemake.wildcards.generator].learned.load()
    fitted = generator.fit(population.weights, classifier, examples, settings, computation)
    fitted.write(snakemake.output.generator, made_by=stamp(snakemake))
    write_table(snakemake.output.losses, fitted.losses)


run(main, snakemake)  # noqa: F821
