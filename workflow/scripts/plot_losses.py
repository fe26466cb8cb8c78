"""Draw the loss curves of anchors, latent paths and dynamics."""

import pandas as pd

from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.losses import plot_losses
from weightflow.snapshots import read_snapshots


def main(snakemake):
    params, inputs, data = snakemake.params, snakemake.input, read_snapshots(snakemake.input.snapshots)

    def tables(names, paths):
        return {name: pd.read_csv(path) for name, path in zip(names, paths, strict=True)}

    figure = plot_losses(
        tables([", ".join(sharers) for sharers in params.anchors], inputs.anchors),
        tables(params.driven, inputs.paths),
        tables(params.models, inputs.dynamics),
        style.lines(params.models),
        data.observed_times,
        data.time_label,
    )
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
