"""Evaluate every auto-encoder of a population on unseen networks."""

import pandas as pd

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.jobs.zoos import members_of
from weightflow.populations.autoencoders.evaluation import reconstruction_row
from weightflow.populations.autoencoders.files import read_autoencoder
from weightflow.populations.autoencoders.network import reconstruct
from weightflow.populations.evaluation import judge
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    (own,) = members_of(inputs.tasks, inputs.populations, params.zoos, params.shares, params.seed)
    unseen = own.population.weights[own.parts.unseen]
    originals = judge(own.classifier, own.task, unseen, own.task.test, device)
    rows = []
    for about, file, spent in zip(params.variants, inputs.autoencoders, inputs.benchmarks, strict=True):
        decoded = reconstruct(read_autoencoder(file, device), unseen)
        made = judge(own.classifier, own.task, decoded, own.task.test, device)
        seconds = float(pd.read_csv(spent, sep="\t")["s"].iloc[0])
        rows.append({**about, "seconds": seconds, **reconstruction_row(originals, made)})
    write_table(snakemake.output[0], pd.DataFrame(rows))


run(main, snakemake)  # noqa: F821
