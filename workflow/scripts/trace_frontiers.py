"""Evaluate networks of every generator over its knob: accuracy against distance from the training networks."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.populations.frontiers import trace_frontiers
from weightflow.populations.population import read_population
from weightflow.populations.registry import GENERATORS
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.user_modules import classifier_of_population
from weightflow.seeding import Computation
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    settings = PopulationSettings.parts(params.settings)
    task, population = read_task(inputs.task), read_population(inputs.population)
    classifier = classifier_of_population(population, settings, task)
    learned = {
        name: GENERATORS[name].learned.load().read(path, device)
        for name, path in zip(params.learned, inputs.generators, strict=True)
    }
    computation = Computation(params.seed, device)
    table = trace_frontiers(classifier, task, population.weights, learned, settings.frontier, computation)
    write_table(snakemake.output[0], table)


run(main, snakemake)  # noqa: F821
