"""Judge auto-encoders on networks that nothing saw, and networks drawn about the codes of good ones."""

import pandas as pd
import torch

from weightflow import seeding
from weightflow.classifiers import make_classifier
from weightflow.job import run
from weightflow.network_samplers import about_good
from weightflow.population_evaluation import (
    compare_generated,
    compare_reconstructed,
    judge,
    most_agreeing,
    probe_codes,
    properties_of,
)
from weightflow.populations import read_population
from weightflow.storage import write_table
from weightflow.tasks import read_task
from weightflow.weight_autoencoder import decode, encode, encode_all, read_autoencoder, reconstruct, split_networks


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    task, population = read_task(inputs.task), read_population(inputs.population)
    weights = population.weights
    classifier = make_classifier(params.settings["architecture"], task.shape, task.classes)
    learned, _, unseen = split_networks(len(weights), params.settings["autoencoder"]["shares"], params.seed)
    kept = most_agreeing(params.structural, [pd.read_csv(path) for path in inputs.scores])
    networks = {
        name: read_autoencoder(inputs.autoencoders[params.structural.index(structural)], torch.device("cpu"))
        for name, structural in kept.items()
    }

    def judged(own):
        return judge(classifier, task, own, task.test)

    originals = judged(weights[unseen])
    made = {name: judged(reconstruct(network, weights[unseen])) for name, network in networks.items()}
    scores = judge(classifier, task, weights[learned], task.validation).accuracy
    drawn = {}
    for name, network in networks.items():
        draws = seeding.stream(params.seed, "about good", name)
        codes = about_good(encode(network, weights[learned]), scores, params.settings["generated"], draws)
        drawn[f"{name}, drawn"] = judged(decode(network, codes))
    generated, shares = compare_generated(judged(weights[learned]), drawn)
    features = {"weights": population.checkpoints}
    features |= {name: encode_all(network, population.checkpoints) for name, network in networks.items()}
    probes = probe_codes(features, properties_of(classifier, task, population), learned, unseen)
    tables = [compare_reconstructed(originals, made), generated[generated["source"].isin(drawn)], probes]
    write_table(snakemake.output.metrics, pd.concat(tables, ignore_index=True))
    write_table(snakemake.output.accuracies, shares)
    write_table(snakemake.output.chosen, pd.DataFrame(kept.items(), columns=["source", "structural"]))


run(main, snakemake)  # noqa: F821
