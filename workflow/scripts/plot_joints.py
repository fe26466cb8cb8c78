"""Draw true and predicted joint densities of pairs of variables at a few times."""

from weightflow.density import known_law
from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.joints import plot_joints
from weightflow.prediction import read_prediction
from weightflow.snapshots import read_snapshots


def main(snakemake):
    params, data = snakemake.params, read_snapshots(snakemake.input.snapshots)
    line = style.lines([*params.models, params.model])[params.model]
    law, prediction = known_law(snakemake.input.law), read_prediction(snakemake.input.prediction)
    figure = plot_joints(data, law, prediction, line, params.times)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
