"""Fit a flow, conditional on time, to the networks of an ensemble of anchors."""

from weightflow.bands.conditional_flow import fit_band_flow
from weightflow.bands.curves import EnsembleCurves
from weightflow.bands.ensembles import read_ensemble
from weightflow.bands.settings import BandSettings
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.populations.weight_flow import write_weight_flow
from weightflow.seeding import Computation


def main(snakemake):
    settings = BandSettings.parts(snakemake.params.settings)
    curves = EnsembleCurves(*read_ensemble(snakemake.input.ensemble), settings.clock)
    flow = fit_band_flow(curves, settings.flow, Computation(snakemake.params.seed, job_device(snakemake)))
    write_weight_flow(snakemake.output[0], flow, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
