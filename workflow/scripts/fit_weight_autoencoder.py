"""Fit an auto-encoder to aligned networks at all their checkpoints, and evaluate it on other networks."""

import numpy as np
import torch

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.jobs.population import of_population
from weightflow.populations.autoencoder import (
    behaviour_on,
    fit_autoencoder,
    reconstruct,
    split_networks,
    write_autoencoder,
)
from weightflow.populations.evaluation import compare_reconstructed, judge
from weightflow.populations.population import read_population
from weightflow.populations.autoencoders.queries import draw_queries
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.user_modules import classifier_of_population
from weightflow.seeding import Computation
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    settings = PopulationSettings.parts(params.settings)
    own = settings.autoencoder
    task, population = read_task(inputs.task), read_population(inputs.population)
    weights = population.weights
    classifier = classifier_of_population(population, settings, task)
    parts = split_networks(len(weights), own.shares, params.seed)
    foreign = {name: read_task(path).training.inputs for name, path in zip(params.others, inputs.others, strict=True)}
    known = task.training.inputs
    queries, training = (
        torch.as_tensor(draw_queries(known, foreign, asked, params.seed), device=device)
        for asked in (own.queries, own.queries.but(sources=("training",)))
    )
    behaviour = behaviour_on(classifier, queries, training, own.outputs)
    stages = np.concatenate(population.checkpoints[parts.learned])
    computation = Computation(params.seed, device)
    fitted = fit_autoencoder(classifier, stages, behaviour, own, params.structural, computation)
    decoded = reconstruct(fitted.network, weights[parts.chosen])
    originals, made = (
        judge(classifier, task, some, task.validation, device) for some in (weights[parts.chosen], decoded)
    )
    write_autoencoder(snakemake.output.autoencoder, fitted, made_by=stamp(snakemake))
    write_table(snakemake.output.losses, fitted.losses)
    write_table(snakemake.output.scores, compare_reconstructed(originals, {"reconstructed": made}))


run(main, snakemake)  # noqa: F821
