"""Reduce the anchors to the latent path that drives the CDE."""

import pandas as pd

from weightflow.job import run
from weightflow.latent_path import fit_latent_path, write_latent_path
from weightflow.provenance import stamp
from weightflow.storage import write_table
from weightflow.weight_graph import read_weight_graph


def main(snakemake):
    graph = read_weight_graph(snakemake.input[0])
    seed = int(snakemake.wildcards.seed)
    coordinates, losses = fit_latent_path(graph.weights, snakemake.params.settings["path"], seed)
    write_latent_path(snakemake.output.path, graph.times, coordinates, made_by=stamp(snakemake))
    write_table(snakemake.output.losses, pd.DataFrame({"step": range(len(losses)), "loss": losses}))


run(main, snakemake)  # noqa: F821
