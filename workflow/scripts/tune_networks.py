"""Fine-tune networks of several sources on each task, and evaluate them."""

import pandas as pd

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.populations.population import read_networks, read_population, read_sources
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.transfer import Aim, carried_over, sources_of_transfer, tune_sources
from weightflow.populations.user_modules import classifier_of_population
from weightflow.seeding import Computation
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    settings = PopulationSettings.parts(params.settings)
    task, population = read_task(inputs.task), read_population(inputs.population)
    classifier = classifier_of_population(population, settings, task)
    generated = dict(zip(params.generators, map(read_networks, inputs.generated), strict=True))
    for path in inputs.drawn:
        generated |= read_sources(path)
    networks = settings.transfer.networks
    sources = sources_of_transfer(
        classifier, population.weights, generated, params.initialisations, networks, params.seed
    )
    computation = Computation(params.seed, job_device(snakemake))
    tables = []
    for label, anew, path in zip(params.labels, params.anew, inputs.tasks, strict=True):
        other = read_task(path)
        aim = Aim(other, classifier_of_population(population, settings, other))
        begun = carried_over(sources, Aim(task, classifier), aim, params.seed, anew)
        found = tune_sources(aim, begun, settings.transfer, computation)
        tables.append(found.assign(task=label)[["task", *found.columns]])
    write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))


run(main, snakemake)  # noqa: F821
