"""Count the parameters of untrained models for growing numbers of states."""

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.evaluation.model_size import model_sizes
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    variables = sorted({len(read_snapshots(path).variables) for path in snakemake.input})
    models = [ModelSettings.parts(own) for own in snakemake.params.models]
    write_table(snakemake.output[0], model_sizes(models, variables))


run(main, snakemake)  # noqa: F821
