"""Draw how accurate trained and generated networks are, and where they lie."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.networks import plot_networks
from weightflow.populations.metrics import TRAINED
from weightflow.populations.population import read_networks, read_population


def main(snakemake):
    inputs = snakemake.input
    tables = [
        pd.read_csv(path).assign(layout=layout)
        for layout, path in zip(snakemake.params.layouts, inputs.accuracies, strict=True)
    ]
    weights = {TRAINED: read_population(inputs.population).weights}
    if inputs.flow:
        weights["flow"] = read_networks(inputs.flow)
    style.save(plot_networks(pd.concat(tables, ignore_index=True), weights), snakemake.output)


run(main, snakemake)  # noqa: F821
