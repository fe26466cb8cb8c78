"""Samples of OT-CFM at every time of the data."""

from weightflow.device import job_device
from weightflow.flow_matching import predict_flow
from weightflow.job import run
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots


def main(snakemake):
    data, device = read_snapshots(snakemake.input[0]), job_device(snakemake)
    prediction = predict_flow(data, snakemake.params.samples, int(snakemake.wildcards.seed), device)
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
