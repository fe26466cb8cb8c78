"""Predict bands about the marginals at every time of the grid, up to the last snapshot."""

import torch

from weightflow.bands.calibration import choose_stretch
from weightflow.bands.conditional_flow import PossibleNetworks, predict_bands
from weightflow.bands.coverage import write_bands
from weightflow.bands.curves import EnsembleCurves
from weightflow.bands.ensembles import read_ensemble
from weightflow.bands.settings import BandSettings
from weightflow.data.snapshots import read_training
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.networks.settings import BackboneSettings
from weightflow.populations.weight_flow import read_weight_flow


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    settings = BandSettings.parts(params.settings)
    data = read_training(inputs.snapshots, params.share)
    curves = EnsembleCurves(*read_ensemble(inputs.ensemble), settings.clock)
    backbone = make_backbone(BackboneSettings.model_validate(params.backbone), data.variables, data.space)
    possible = PossibleNetworks(read_weight_flow(inputs.flow, torch.device("cpu")), curves, backbone)
    inside = (data.times >= curves.times[0]) & (data.times <= curves.times[-1])
    networks, level = settings.networks, settings.level
    stretch = choose_stretch(curves, backbone, data.observed, networks, level, params.seed)
    print(f"Bands are {stretch:g} times as wide as the ensemble makes them, in log-odds, to hold left-out snapshots.")
    bands = predict_bands(possible, data.times[inside], networks, level, params.seed, stretch)
    write_bands(snakemake.output[0], bands, stretch=stretch, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
