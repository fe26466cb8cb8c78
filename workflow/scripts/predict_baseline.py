"""Predict by a baseline without a network, or by a floor, seed by seed."""

from weightflow.baselines import predict_baseline
from weightflow.job import run
from weightflow.laws import known_law
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots


def main(snakemake):
    data, law, params = read_snapshots(snakemake.input.snapshots), known_law(snakemake.input.law), snakemake.params
    for seed, target in zip(params.seeds, snakemake.output, strict=True):
        prediction = predict_baseline(snakemake.wildcards.model, data, params.samples, seed, law)
        write_prediction(target, prediction, made_by=stamp(snakemake), seed=seed)


run(main, snakemake, gives_way=True)  # noqa: F821
