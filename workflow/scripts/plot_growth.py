"""Draw how the work grows with the data, as it was measured on this machine."""

from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.growth import plot_growth
from weightflow.report.bench import read_measurements


def main(snakemake):
    style.save(plot_growth(read_measurements(snakemake.input[0]).growth), snakemake.output)


run(main, snakemake)  # noqa: F821
