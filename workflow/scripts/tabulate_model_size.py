"""Count the numbers that models hold, as the number of states grows; nothing is trained."""

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.model_size import model_sizes
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    variables = sorted({len(read_snapshots(path).variables) for path in snakemake.input})
    write_table(snakemake.output[0], model_sizes(snakemake.params.models, variables))


run(main, snakemake)  # noqa: F821
