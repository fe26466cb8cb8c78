"""Draw the weights' path of a model among its anchors."""

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.weights_path import plot_weights_path
from weightflow.prediction.predictions import read_prediction


def main(snakemake):
    params, data = snakemake.params, read_snapshots(snakemake.input.snapshots)
    anchors = read_weight_graph(snakemake.input.graph).weights
    line = style.lines(params.models)[snakemake.wildcards.model]
    figure = plot_weights_path(data, anchors, read_prediction(snakemake.input.prediction), line, params.times)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
