"""Metrics of one run at every time."""

from weightflow.evaluation import COLUMNS, evaluate
from weightflow.job import run
from weightflow.prediction import read_prediction
from weightflow.snapshots import read_snapshots
from weightflow.storage import write_table


def main(snakemake):
    data = read_snapshots(snakemake.input.snapshots)
    table = evaluate(data, read_prediction(snakemake.input.prediction), snakemake.threads)
    wildcards = snakemake.wildcards
    named = table.assign(dataset=wildcards.dataset, model=wildcards.model, seed=int(wildcards.seed))
    write_table(snakemake.output[0], named[COLUMNS])


run(main, snakemake)  # noqa: F821
