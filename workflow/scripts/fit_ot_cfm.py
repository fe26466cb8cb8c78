"""Fit the flow of OT-CFM to the observed snapshots."""

from weightflow.baselines.ot_cfm import fit_flow, write_flow
from weightflow.baselines.settings import OtCfmSettings
from weightflow.data.snapshots import read_training
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.seeding import Computation


def main(snakemake):
    data, device = read_training(snakemake.input[0], share=1), job_device(snakemake)
    computation = Computation(int(snakemake.wildcards.seed), device)
    settings = OtCfmSettings.model_validate(snakemake.params.settings)
    flow = fit_flow(data.coordinates, data.observed_times, settings, computation)
    write_flow(snakemake.output[0], flow, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
