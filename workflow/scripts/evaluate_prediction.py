"""Metrics of one run at every time."""

from weightflow.evaluation import COLUMNS, Judge, evaluate
from weightflow.job import run
from weightflow.laws import known_law
from weightflow.prediction import read_prediction
from weightflow.snapshots import read_snapshots
from weightflow.storage import write_table


def main(snakemake):
    inputs, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    data, law = read_snapshots(inputs.snapshots), known_law(inputs.law)
    judge = Judge(data, law, params.joint_every, params.samples)
    table = evaluate(judge, read_prediction(inputs.prediction), snakemake.threads)
    named = table.assign(dataset=wildcards.dataset, model=wildcards.model, seed=int(wildcards.seed))
    write_table(snakemake.output[0], named[COLUMNS])


run(main, snakemake, gives_way=True)  # noqa: F821
