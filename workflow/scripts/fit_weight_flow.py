"""Fit a flow from noise to the networks of a population."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.populations.population import read_population
from weightflow.populations.reduction import fit_reduction
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.weight_flow import fit_weight_flow, write_weight_flow
from weightflow.seeding import Computation
from weightflow.storage import write_table


def main(snakemake):
    weights = read_population(snakemake.input.population).weights
    computation = Computation(snakemake.params.seed, job_device(snakemake))
    settings = PopulationSettings.parts(snakemake.params.settings).flow
    raw = settings.coordinates == "raw"
    reduction = fit_reduction(weights, settings.components, settings.reduction, raw)
    flow = fit_weight_flow(weights, reduction, settings, computation)
    write_weight_flow(snakemake.output.flow, flow, made_by=stamp(snakemake))
    write_table(snakemake.output.losses, flow.losses)


run(main, snakemake)  # noqa: F821
