"""Train one backbone per observed snapshot and seed, all in one batch."""

from weightflow.anchors.files import write_anchors
from weightflow.anchors.training import train_anchors_of_seeds
from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.storage import write_table


def main(snakemake):
    settings = ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    device = job_device(snakemake)
    backbone = make_backbone(settings.backbone, data.variables, data.space)
    seeds, made = snakemake.params.seeds, {"made_by": stamp(snakemake), "device": str(device)}
    own = settings.anchors
    found = train_anchors_of_seeds(backbone, data.coordinates, data.observed_times, own, seeds, device)
    for anchors, folder, losses in zip(found, snakemake.output.anchors, snakemake.output.losses, strict=True):
        write_anchors(folder, anchors.times, anchors.weights, **made)
        write_table(losses, anchors.losses)


run(main, snakemake)  # noqa: F821
