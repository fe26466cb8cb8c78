"""Draw true and predicted joint densities of pairs of variables at a few times."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style
from weightflow.plots.joints import plot_joints
from weightflow.prediction.predictions import read_prediction


def main(snakemake):
    params, data = snakemake.params, read_snapshots(snakemake.input.snapshots)
    line = style.lines([*params.models, params.model])[params.model]
    law = of_all(known_law(snakemake.input.law), len(data.variables))
    prediction = read_prediction(snakemake.input.prediction)
    figure = plot_joints(data, law, prediction, line, params.times)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
