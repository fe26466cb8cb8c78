"""Draw a fitness landscape and the density that climbs it."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style
from weightflow.plots.landscape import plot_landscape
from weightflow.prediction.predictions import read_prediction
from weightflow.systems.reading import read_system


def main(snakemake):
    params, inputs = snakemake.params, snakemake.input
    line = style.lines([*params.models, params.model])[params.model]
    data, prediction = read_snapshots(inputs.snapshots), read_prediction(inputs.prediction)
    law = of_all(known_law(inputs.law), len(data.variables))
    walk = read_system(inputs.system)
    figure = plot_landscape(walk, data, law, prediction, line, params.times)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
