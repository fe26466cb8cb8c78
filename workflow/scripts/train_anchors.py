"""Train one backbone per observed snapshot."""

from weightflow.anchors.files import write_anchors
from weightflow.anchors.training import released_anchors, train_anchors
from weightflow.config.stages import chosen_backbone
from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.seeding import Computation
from weightflow.storage import write_table


def main(snakemake):
    settings = ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    device = job_device(snakemake)
    backbone = make_backbone(chosen_backbone(settings.backbone, snakemake.input.width), data.variables, data.space)
    if snakemake.input.released:
        anchors = released_anchors(settings.released.folder, backbone, data.observed_times)
    else:
        own, computation = settings.anchors, Computation(snakemake.params.seed, device)
        anchors = train_anchors(backbone, data.coordinates, data.observed_times, own, computation)
    made = {"made_by": stamp(snakemake), "device": str(device)}
    write_anchors(snakemake.output.anchors, anchors.times, anchors.weights, **made)
    write_table(snakemake.output.losses, anchors.losses)


run(main, snakemake)  # noqa: F821
