"""Lay the anchors out as the tokens of a weight graph."""

from weightflow.anchors.files import read_anchors
from weightflow.config.stages import chosen_backbone
from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import build_weight_graph, write_weight_graph
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.records.digests import input_digest


def main(snakemake):
    data = read_snapshots(snakemake.input.snapshots)
    times, weights = read_anchors(snakemake.input.anchors)
    backbone = ModelSettings.parts(snakemake.params.settings).backbone
    settings = chosen_backbone(backbone, snakemake.input.width)
    layers = make_backbone(settings, data.variables, data.space).layers
    digest = input_digest(snakemake.input.anchors)
    graph = build_weight_graph(layers, weights, times, digest, settings)
    write_weight_graph(snakemake.output[0], graph, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
