"""Draw the bands about predicted marginals over the truth at a few times."""

from weightflow.bands.coverage import read_bands
from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law
from weightflow.plots import style
from weightflow.plots.bands import plot_bands


def main(snakemake):
    inputs = snakemake.input
    data, law = read_snapshots(inputs.snapshots), known_law(inputs.law)
    style.save(plot_bands(data, law, read_bands(inputs.bands), snakemake.params.times), snakemake.output)


run(main, snakemake)  # noqa: F821
