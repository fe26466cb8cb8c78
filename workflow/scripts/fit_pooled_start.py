"""Fit one backbone to all observed snapshots together, the common start of pooled anchors."""

from weightflow.anchors.files import write_start
from weightflow.anchors.training import fit_pooled, prepare_training
from weightflow.config.stages import chosen_backbone
from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone


def main(snakemake):
    settings = ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    device = job_device(snakemake)
    backbone = make_backbone(chosen_backbone(settings.backbone, snakemake.input.width), data.variables, data.space)
    seed, anchors = int(snakemake.wildcards.seed), settings.anchors
    training = prepare_training(backbone, data.coordinates, data.observed_times, anchors, [seed], device)
    weights = fit_pooled(training, anchors.first_steps)
    write_start(snakemake.output[0], weights[0].cpu().numpy(), made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
