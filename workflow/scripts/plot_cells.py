"""Draw cells over the predicted density of the first two components, at observed and at left-out times."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.cells import plot_cells
from weightflow.prediction.predictions import read_prediction


def main(snakemake):
    params, inputs, folds = snakemake.params, snakemake.input, {}
    line = style.lines([*params.models, params.model])[params.model]
    data, prediction = read_snapshots(inputs.snapshots), read_prediction(inputs.prediction)
    for states, predicted in zip(inputs.fold_snapshots, inputs.fold_predictions, strict=True):
        fold = read_snapshots(states)
        folds[fold.left_out] = fold, read_prediction(predicted)
    style.save(plot_cells(data, prediction, folds, line, params.times), snakemake.output)


run(main, snakemake)  # noqa: F821
