"""Describe the motion of a model's density between the first and the last snapshot, for figures."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.prediction.fitted import read_fitted
from weightflow.prediction.motion import write_motion
from weightflow.prediction.summaries import describe_motion


def main(snakemake):
    inputs, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    data, seed = read_snapshots(inputs.snapshots), int(wildcards.seed)
    model = read_fitted(wildcards.model, seed, inputs.files, params.parts, params.settings, data)
    write_motion(snakemake.output[0], describe_motion(model))


run(main, snakemake)  # noqa: F821
