"""Put the units of every network of a population in the order of a reference's."""

from dataclasses import replace

import numpy as np
import pandas as pd

from weightflow.jobs.frame import run, stamp
from weightflow.jobs.population import of_population
from weightflow.networks.alignment import align_to, balance, mean_of_aligned
from weightflow.populations.population import read_population, reference_of, write_population
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.unit_groups import check_same_outputs, symmetries_of
from weightflow.populations.user_modules import classifier_of_population


@of_population
def main(snakemake):
    settings, task = PopulationSettings.parts(snakemake.params.settings), read_task(snakemake.input.task)
    population = read_population(snakemake.input.population, pd.read_csv(snakemake.input.curves))
    classifier = classifier_of_population(population, settings, task)
    own = settings.alignment
    symmetries = symmetries_of(classifier, settings.networks, own.heads)
    checkpoints = population.checkpoints.swapaxes(0, 1)
    if own.balanced:
        checkpoints = [balance(classifier.layers, symmetries, weights) for weights in checkpoints]
    last, place = checkpoints[-1], reference_of(population, own.reference)
    reference = mean_of_aligned(classifier.layers, symmetries, last, last[place], own.rounds, own.sweeps)
    # Each checkpoint by itself: units may change places while a network learns.
    kept = [align_to(classifier.layers, symmetries, weights, reference, own.sweeps) for weights in checkpoints]
    check_same_outputs(classifier, population.weights, kept[-1], task.training.inputs)
    aligned = replace(population, weights=kept[-1], checkpoints=np.stack(kept, axis=1))
    write_population(snakemake.output[0], aligned, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
