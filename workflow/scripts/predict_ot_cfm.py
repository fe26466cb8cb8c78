"""Samples of OT-CFM at every time of the data."""

from weightflow.baselines.ot_cfm import predict_flow, read_flow
from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.prediction.predictions import write_prediction


def main(snakemake):
    data, device = read_snapshots(snakemake.input.snapshots), job_device(snakemake)
    flow = read_flow(snakemake.input.flow, device)
    prediction = predict_flow(flow, data, snakemake.params.samples, int(snakemake.wildcards.seed))
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
