"""Train one backbone per observed snapshot."""

from weightflow.anchor_files import write_anchors
from weightflow.anchors import train_anchors
from weightflow.backbones import make_backbone
from weightflow.device import job_device
from weightflow.job import run
from weightflow.provenance import stamp
from weightflow.snapshots import read_training
from weightflow.stages import chosen_backbone
from weightflow.storage import write_table
from weightflow.suited import check_suited


def main(snakemake):
    settings = snakemake.params.settings
    data = read_training(snakemake.input.snapshots, settings["data"]["share"])
    check_suited(data, snakemake)
    device = job_device(snakemake)
    backbone = make_backbone(chosen_backbone(settings, snakemake.input.width), data.variables, data.space)
    seed = snakemake.params.seed
    anchors = train_anchors(backbone, data.coordinates, data.observed_times, settings["anchors"], seed, device)
    made = {"made_by": stamp(snakemake), "device": str(device)}
    write_anchors(snakemake.output.anchors, anchors.times, anchors.weights, **made)
    write_table(snakemake.output.losses, anchors.losses)


run(main, snakemake)  # noqa: F821
