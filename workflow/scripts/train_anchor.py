"""Train the backbone of one observed snapshot."""

from weightflow.anchors.files import read_start, write_anchor
from weightflow.anchors.training import prepare_training, train_anchor
from weightflow.config.stages import chosen_backbone
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
    backbone = make_backbone(chosen_backbone(settings.backbone, snakemake.input.width), data.variables, data.space)
    seed = int(snakemake.wildcards.seed)
    training = prepare_training(backbone, data.coordinates, data.observed_times, settings.anchors, [seed], device)
    start = read_start(snakemake.input.start) if snakemake.input.start else None  # only for pooled anchors
    anchor = train_anchor(training, int(snakemake.wildcards.snapshot), start)
    made = {"made_by": stamp(snakemake), "device": str(device)}
    write_anchor(snakemake.output.anchor, anchor.times[0], anchor.weights[0], **made)
    write_table(snakemake.output.losses, anchor.losses)


run(main, snakemake)  # noqa: F821
