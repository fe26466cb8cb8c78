"""Predict with a baseline without a network, or with a floor, seed by seed."""

from weightflow.baselines.clouds import predict_baseline
from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run, stamp
from weightflow.laws.law import known_law
from weightflow.prediction.predictions import write_prediction


def main(snakemake):
    data, law, params = read_snapshots(snakemake.input.snapshots), known_law(snakemake.input.law), snakemake.params
    for seed, target in zip(params.seeds, snakemake.output, strict=True):
        prediction = predict_baseline(snakemake.wildcards.model, data, params.samples, seed, law)
        write_prediction(target, prediction, made_by=stamp(snakemake), seed=seed)


run(main, snakemake, gives_way=True)  # noqa: F821
