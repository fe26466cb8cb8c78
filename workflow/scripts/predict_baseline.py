"""Predict by a baseline without a network, or by a floor."""

from weightflow.baselines import predict_baseline
from weightflow.job import run
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots


def main(snakemake):
    data, wildcards = read_snapshots(snakemake.input[0]), snakemake.wildcards
    prediction = predict_baseline(wildcards.model, data, snakemake.params.samples, int(wildcards.seed))
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
