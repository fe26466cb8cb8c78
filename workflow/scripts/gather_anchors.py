"""Gather anchors from separate jobs, and match their units if their alignment is a matching."""

import pandas as pd

from weightflow.anchors.files import read_anchor, write_anchors
from weightflow.anchors.training import Anchors, gather_anchors
from weightflow.config.stages import chosen_backbone
from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.storage import read_metadata, write_table


def main(snakemake):
    inputs, settings = snakemake.input, ModelSettings.parts(snakemake.params.settings)
    data = read_snapshots(inputs.snapshots)
    backbone = make_backbone(chosen_backbone(settings.backbone, snakemake.input.width), data.variables, data.space)
    parts = []
    for path, losses in zip(inputs.anchors, inputs.losses, strict=True):
        time, weights = read_anchor(path)
        parts.append(Anchors(time, weights[None], pd.read_csv(losses)))
    anchors = gather_anchors(backbone, parts, settings.anchors)
    device = read_metadata(inputs.anchors[0])["device"]
    write_anchors(snakemake.output.anchors, anchors.times, anchors.weights, made_by=stamp(snakemake), device=device)
    write_table(snakemake.output.losses, anchors.losses)


run(main, snakemake)  # noqa: F821
