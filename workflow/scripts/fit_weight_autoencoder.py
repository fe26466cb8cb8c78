"""Fit an auto-encoder to aligned networks at all their checkpoints, and evaluate it on other networks."""

import numpy as np

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.jobs.population import of_population
from weightflow.jobs.zoos import members_of
from weightflow.populations.autoencoders.files import write_autoencoder
from weightflow.populations.autoencoders.fitting import fit_autoencoder
from weightflow.populations.autoencoders.network import reconstruct
from weightflow.populations.autoencoders.objective import Zoo
from weightflow.populations.autoencoders.queries import Queries
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.populations.classification import MEASURED
from weightflow.populations.evaluation import compare_reconstructed, judge
from weightflow.populations.tasks.task import read_task
from weightflow.seeding import Computation
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    settings = AutoencoderSettings.model_validate(params.settings["autoencoder"])
    members = members_of(inputs.tasks, inputs.populations, params.settings["zoos"], settings.shares, params.seed)
    others = iter(inputs.others)
    zoos = []
    for own in members:
        foreign = {name: read_task(next(others)).training.inputs for name in params.others}
        known = own.task.training.inputs
        zoos.append(
            Zoo(
                own.classifier,
                own.symmetries,
                np.concatenate(own.population.checkpoints[own.parts.learned]),
                Queries(known, foreign, settings.queries, params.seed),
                known[:MEASURED],
            )
        )
    fitted = fit_autoencoder(zoos, settings, params.structural, Computation(params.seed, device))
    first = members[0]
    chosen = first.population.weights[first.parts.chosen]
    originals, made = (
        judge(first.classifier, first.task, own, first.task.validation, device)
        for own in (chosen, reconstruct(fitted.network, chosen))
    )
    write_autoencoder(snakemake.output.autoencoder, fitted, len(zoos), made_by=stamp(snakemake))
    write_table(snakemake.output.losses, fitted.losses)
    write_table(snakemake.output.scores, compare_reconstructed(originals, {"reconstructed": made}))


run(main, snakemake)  # noqa: F821
