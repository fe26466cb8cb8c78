"""Train many backbones for every observed snapshot, on resampled states, all in one batch."""

from weightflow.bands.ensembles import train_ensemble, write_ensemble
from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.seeding import Computation


def main(snakemake):
    params, settings = snakemake.params, ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    device, times = job_device(snakemake), data.observed_times
    backbone = make_backbone(settings.backbone, data.variables, data.space)
    states, anchors, members = data.coordinates, settings.anchors, params.members
    weights = train_ensemble(backbone, states, times, anchors, members, Computation(params.seed, device))
    write_ensemble(snakemake.output[0], times, weights, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
