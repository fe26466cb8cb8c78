"""Animate the predicted density of a model beside the truth."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law, of_all
from weightflow.plots import style
from weightflow.plots.animation import animate_density, save_animation
from weightflow.prediction.predictions import read_prediction


def main(snakemake):
    params, inputs, model = snakemake.params, snakemake.input, snakemake.wildcards.model
    line = style.lines([*params.models, model])[model]
    data, prediction = read_snapshots(inputs.snapshots), read_prediction(inputs.prediction)
    law = of_all(known_law(inputs.law), len(data.variables))
    save_animation(animate_density(data, law, prediction, line), snakemake.output[0])


run(main, snakemake, gives_way=True)  # noqa: F821
