"""Train one backbone per observed snapshot and seed, all of them side by side."""

from weightflow.anchor_files import write_anchors
from weightflow.anchors import train_anchors_of_seeds
from weightflow.backbones import make_backbone
from weightflow.device import job_device
from weightflow.job import run
from weightflow.provenance import stamp
from weightflow.snapshots import read_training
from weightflow.storage import write_table
from weightflow.suited import check_suited


def main(snakemake):
    settings = snakemake.params.settings
    data = read_training(snakemake.input.snapshots, settings["data"]["share"])
    check_suited(data, snakemake)
    device = job_device(snakemake)
    backbone = make_backbone(settings["backbone"], data.variables, data.space)
    seeds, made = snakemake.params.seeds, {"made_by": stamp(snakemake), "device": str(device)}
    own = settings["anchors"]
    found = train_anchors_of_seeds(backbone, data.coordinates, data.observed_times, own, seeds, device)
    for anchors, folder, losses in zip(found, snakemake.output.anchors, snakemake.output.losses, strict=True):
        write_anchors(folder, anchors.times, anchors.weights, **made)
        write_table(losses, anchors.losses)


run(main, snakemake)  # noqa: F821
