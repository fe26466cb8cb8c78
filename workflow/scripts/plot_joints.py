"""Draw true and predicted joint densities of pairs of variables at a few times."""

from weightflow.job import run
from weightflow.laws import known_law, of_all
from weightflow.plots import style
from weightflow.plots.joints import plot_joints
from weightflow.prediction import read_prediction
from weightflow.snapshots import read_snapshots


def main(snakemake):
    params, data = snakemake.params, read_snapshots(snakemake.input.snapshots)
    line = style.lines([*params.models, params.model])[params.model]
    law = of_all(known_law(snakemake.input.law), len(data.variables))
    prediction = read_prediction(snakemake.input.prediction)
    figure = plot_joints(data, law, prediction, line, params.times)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
