"""Predict by a baseline without a network, or by a floor."""

from weightflow.baselines import predict_baseline
from weightflow.job import run
from weightflow.laws import known_law
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots


def main(snakemake):
    data, wildcards = read_snapshots(snakemake.input.snapshots), snakemake.wildcards
    law, samples = known_law(snakemake.input.law), snakemake.params.samples
    prediction = predict_baseline(wildcards.model, data, samples, int(wildcards.seed), law)
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake))


run(main, snakemake, gives_way=True)  # noqa: F821
