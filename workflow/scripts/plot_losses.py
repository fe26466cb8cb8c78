"""Draw the loss curves of anchors, latent paths, learned splines and dynamics."""

import pandas as pd

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.losses import Fits, plot_losses


def main(snakemake):
    params, inputs, data = snakemake.params, snakemake.input, read_snapshots(snakemake.input.snapshots)

    def tables(names, paths):
        return {name: pd.read_csv(path) for name, path in zip(names, paths, strict=True)}

    shared = [pd.read_csv(path) for path in inputs.splines]
    splines = {model: table for users, table in zip(params.splines, shared, strict=True) for model in users}
    fits = Fits(
        anchors=tables([", ".join(users) for users in params.anchors], inputs.anchors),
        paths=tables(params.driven, inputs.paths),
        splines=splines,
        dynamics=tables(params.fields, inputs.dynamics),
        validation=tables(params.stepped, inputs.steps),
    )
    figure = plot_losses(fits, style.lines(params.models), data.observed_times, data.time_label)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
