"""Draw new networks from a flow over weights."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.populations.population import write_networks
from weightflow.populations.weight_flow import generate, read_weight_flow


def main(snakemake):
    params = snakemake.params
    flow = read_weight_flow(snakemake.input.flow, job_device(snakemake))
    weights = generate(flow, params.settings["generated"], params.seed)
    write_networks(snakemake.output[0], weights, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
