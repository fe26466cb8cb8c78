"""Evaluate the auto-encoders of a population on networks of others, trained on them or not."""

import pandas as pd

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.jobs.zoos import members_of
from weightflow.populations.autoencoders.evaluation import most_agreeing, reconstruction_row
from weightflow.populations.autoencoders.files import read_autoencoder
from weightflow.populations.autoencoders.network import reconstruct
from weightflow.populations.autoencoders.tokens import Weights
from weightflow.populations.evaluation import judge
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    members = members_of(inputs.tasks, inputs.populations, params.zoos, params.shares, params.seed)
    chosen = most_agreeing(params.structural, [pd.read_csv(path) for path in inputs.scores])
    rows = []
    for name, structural in chosen.items():
        network = read_autoencoder(inputs.autoencoders[params.structural.index(structural)], device)
        for number, own in enumerate(members):
            trained, weights = number < params.trained, own.population.weights
            unseen = weights[own.parts.unseen]
            known = Weights(own.classifier.layers, weights[own.parts.learned])
            place = number if trained else network.hold(known, own.name)
            originals, made = (
                judge(own.classifier, own.task, some, own.task.test, device)
                for some in (unseen, reconstruct(network, unseen, place))
            )
            about = {"zoo": own.name, "trained": trained, "source": name, "networks": len(unseen)}
            about["accuracy_originals"] = float(originals.accuracy.mean())
            rows.append({**about, **reconstruction_row(originals, made)})
    write_table(snakemake.output[0], pd.DataFrame(rows))


run(main, snakemake)  # noqa: F821
