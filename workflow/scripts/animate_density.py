"""Animate the predicted density of a model beside the truth."""

from weightflow.density import known_law
from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.animation import animate_density, save_animation
from weightflow.prediction import read_prediction
from weightflow.snapshots import read_snapshots


def main(snakemake):
    params, inputs, model = snakemake.params, snakemake.input, snakemake.wildcards.model
    line = style.lines([*params.models, model])[model]
    frames = animate_density(
        read_snapshots(inputs.snapshots), known_law(inputs.law), read_prediction(inputs.prediction), line
    )
    save_animation(frames, snakemake.output[0])


run(main, snakemake, gives_way=True)  # noqa: F821
