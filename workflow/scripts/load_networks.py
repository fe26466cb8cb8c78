"""Read networks that were trained elsewhere."""

from pathlib import Path

import numpy as np

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.jobs.population import of_population
from weightflow.populations.loading import load_networks
from weightflow.populations.population import Population, write_population
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.training import curves_of
from weightflow.populations.user_modules import check_outputs, classifier_of, module_from
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, task = snakemake.input, read_task(snakemake.input.task)
    settings = PopulationSettings.parts(snakemake.params.settings)
    module = module_from(settings.networks.module) if settings.networks.module else None
    files = [Path(file) for file in inputs.files]
    loaded = load_networks(files, module, settings.architecture, task.shape, task.classes)
    architecture = loaded.architecture or settings.architecture
    classifier = classifier_of(module, architecture, task.shape, task.classes)
    check_outputs(classifier, loaded.weights, task.training.inputs, task.classes)
    curves = curves_of(classifier, task, loaded.weights, job_device(snakemake))
    population = Population(
        weights=loaded.weights,
        epochs=np.array([0]),
        checkpoints=loaded.weights[:, None],
        recipes=[{} for _ in files],
        curves=curves,
        architecture=loaded.architecture,
        names=tuple(loaded.names),
        places=loaded.layout.places,
    )
    write_population(snakemake.output.population, population, made_by=stamp(snakemake))
    write_table(snakemake.output.curves, curves)


run(main, snakemake)  # noqa: F821
