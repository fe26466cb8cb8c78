"""Draw how a population was learned, and the flows and auto-encoders that learned from it."""

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.learning import plot_learning


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    flows = dict(zip(params.layouts, map(pd.read_csv, inputs.flows), strict=True))
    autoencoders = dict(zip(params.structural, map(pd.read_csv, inputs.autoencoders), strict=True))
    style.save(plot_learning(pd.read_csv(inputs.curves), flows, autoencoders), snakemake.output)


run(main, snakemake)  # noqa: F821
