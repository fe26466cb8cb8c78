"""Evaluate auto-encoders on unseen networks, and networks drawn around the codes of accurate ones."""

from functools import partial

import pandas as pd

from weightflow import seeding
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.populations.autoencoder import (
    decode,
    encode,
    encode_all,
    read_autoencoder,
    reconstruct,
    split_networks,
)
from weightflow.populations.autoencoders.evaluation import (
    constant_probes,
    most_agreeing,
    probe_codes,
    properties_of,
)
from weightflow.populations.autoencoders.sampling import Codes, draw_networks
from weightflow.populations.autoencoders.settings import DrawingSettings
from weightflow.populations.evaluation import (
    compare_generated,
    compare_reconstructed,
    judge,
    judge_new,
    row_name,
)
from weightflow.populations.metrics import LEARNED
from weightflow.populations.population import read_population
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.user_modules import classifier_of_population
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    settings = PopulationSettings.parts(params.settings)
    task, population = read_task(inputs.task), read_population(inputs.population)
    weights, count = population.weights, settings.generated
    classifier = classifier_of_population(population, settings, task)
    parts = split_networks(len(weights), params.shares, params.seed)
    chosen = most_agreeing(params.structural, [pd.read_csv(path) for path in inputs.scores])
    networks = {
        name: read_autoencoder(inputs.autoencoders[params.structural.index(structural)], device)
        for name, structural in chosen.items()
    }

    def judged(own, part=task.test):
        return judge(classifier, task, own, part, device)

    def score(own):
        return judged(own, task.validation).accuracy

    def drawn_about_good(name, network):
        learned = weights[parts.learned]
        codes = Codes(encode(network, learned), score(learned), partial(decode, network), score)
        rng = seeding.stream(params.seed, "about good", name)
        return draw_networks("bootstrapped", codes, count, DrawingSettings(), rng).weights

    def judged_new(own):
        return judge_new(classifier, task, own, weights[parts.learned], settings.norms, device)

    made = judged_new({name: reconstruct(network, weights[parts.unseen]) for name, network in networks.items()})
    drawn = judged_new({f"{name}, drawn": drawn_about_good(name, network) for name, network in networks.items()})
    features = {"weights": population.checkpoints}
    features |= {name: encode_all(network, population.checkpoints) for name, network in networks.items()}
    properties = properties_of(classifier, task, population, device)
    if constant := constant_probes(properties, len(population.epochs), parts.learned, parts.unseen):
        print(f"Not measured, since the property is constant: {', '.join(constant)}.")
    tables = [
        compare_reconstructed(judged(weights[parts.unseen]), made),
        pd.DataFrame(
            [
                (row_name(name, classifier, norms), "structural", own)
                for norms in settings.norms
                for name, own in chosen.items()
            ],
            columns=["source", "metric", "value"],
        ),
        compare_generated(judged(weights[parts.learned]), drawn, LEARNED)[0],
        probe_codes(features, properties, parts.learned, parts.unseen),
    ]
    write_table(snakemake.output[0], pd.concat(tables, ignore_index=True))


run(main, snakemake)  # noqa: F821
