"""Put the units of every network of a population in the order of a reference's."""

from dataclasses import replace

import pandas as pd

from weightflow.alignment import align_to
from weightflow.classifiers import make_classifier
from weightflow.job import run
from weightflow.populations import read_population, reference_of, write_population
from weightflow.provenance import stamp
from weightflow.tasks import read_task
from weightflow.verdicts import moments_of


def main(snakemake):
    settings, task = snakemake.params.settings, read_task(snakemake.input.task)
    classifier = make_classifier(settings["architecture"], task.shape, task.classes)
    population = read_population(snakemake.input.population, pd.read_csv(snakemake.input.curves))
    own = settings["alignment"]
    reference = population.weights[reference_of(population, own["reference"])]
    weights = align_to(classifier.layers, classifier.symmetries, population.weights, reference, own["sweeps"])
    moments = moments_of(classifier, weights, task.training.inputs)
    last = {"epochs": population.epochs[-1:], "checkpoints": weights[:, None]}
    aligned = replace(population, weights=weights, moments=moments, **last)
    write_population(snakemake.output[0], aligned, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
