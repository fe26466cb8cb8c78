"""Fit a flow, conditional on time, to the networks that an ensemble of anchors leaves possible."""

from weightflow.anchor_ensembles import read_ensemble
from weightflow.band_flow import fit_band_flow
from weightflow.device import job_device
from weightflow.ensemble_curves import EnsembleCurves
from weightflow.job import run
from weightflow.provenance import stamp
from weightflow.weight_flow import write_weight_flow


def main(snakemake):
    own = snakemake.params.settings
    curves = EnsembleCurves(*read_ensemble(snakemake.input.ensemble), own["clock"])
    # The coordinates of networks are few and alike, and stand for themselves.
    settings = own["flow"] | {"components": None, "reduction": "dual"}
    flow = fit_band_flow(curves, settings, snakemake.params.seed, job_device(snakemake))
    write_weight_flow(snakemake.output[0], flow, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
