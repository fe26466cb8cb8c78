"""Draw a figure with the module named by the rule."""

from importlib import import_module

import matplotlib

from weightflow.jobs.frame import run
from weightflow.plots import style

matplotlib.use("Agg")  # jobs have no screen


def main(snakemake):
    figure = import_module(f"weightflow.plots.{snakemake.params.figure}")
    style.save(figure.draw(snakemake.input, snakemake.params), snakemake.output)


run(main, snakemake, gives_way=True)  # noqa: F821
