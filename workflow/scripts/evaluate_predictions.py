"""Metrics of one model or baseline at every time, seed by seed."""

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.score_tables import COLUMNS, Judge, evaluate
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law
from weightflow.prediction.predictions import read_prediction
from weightflow.storage import write_table


def main(snakemake):
    inputs, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    data, law = read_snapshots(inputs.snapshots), known_law(inputs.law)
    judge = Judge(data, law, params.joint_every, params.samples)
    for seed, prediction, target in zip(params.seeds, inputs.predictions, snakemake.output, strict=True):
        table = evaluate(judge, read_prediction(prediction), snakemake.threads)
        write_table(target, table.assign(dataset=wildcards.dataset, model=wildcards.model, seed=seed)[COLUMNS])


run(main, snakemake, gives_way=True)  # noqa: F821
