"""Write generated networks as state dicts, which the code that trained the originals loads."""

import torch

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.networks.parameter_layout import ParameterLayout
from weightflow.populations.classification import measure_norms
from weightflow.populations.population import read_networks, read_population
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.state_dicts import Buffers, numbered, write_networks_as_states
from weightflow.populations.tasks.task import read_task
from weightflow.populations.user_modules import classifier_of_population


@of_population
def main(snakemake):
    inputs, task, device = snakemake.input, read_task(snakemake.input.task), job_device(snakemake)
    settings = PopulationSettings.parts(snakemake.params.settings)
    population, weights = read_population(inputs.population), read_networks(inputs.networks)
    classifier = classifier_of_population(population, settings, task)
    layout = ParameterLayout(classifier.layers, population.places)
    known = torch.as_tensor(task.training.inputs, device=device)
    moments = measure_norms(classifier, torch.as_tensor(weights, device=device), known)
    buffers = Buffers.of(classifier, layout, moments) if classifier.norms else None
    write_networks_as_states(snakemake.output[0], layout, weights, numbered(len(weights)), buffers)


run(main, snakemake)  # noqa: F821
