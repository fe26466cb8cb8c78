"""Draw predicted over true marginals at a few times."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law
from weightflow.plots import style
from weightflow.plots.marginals import plot_marginals
from weightflow.prediction.predictions import read_prediction


def main(snakemake):
    params, data = snakemake.params, read_snapshots(snakemake.input.snapshots)
    predictions = {
        model: read_prediction(path) for model, path in zip(params.models, snakemake.input.predictions, strict=True)
    }
    law = known_law(snakemake.input.law)
    figure = plot_marginals(data, law, predictions, style.lines(params.models), params.times)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
