"""Lay the anchors out as the tokens of a weight graph."""

from weightflow.anchor_files import read_anchors
from weightflow.backbones import make_backbone
from weightflow.job import run
from weightflow.provenance import input_digest, stamp
from weightflow.snapshots import read_snapshots
from weightflow.stages import chosen_backbone
from weightflow.weight_graph import build_weight_graph, write_weight_graph


def main(snakemake):
    data = read_snapshots(snakemake.input.snapshots)
    times, weights = read_anchors(snakemake.input.anchors)
    settings = chosen_backbone(snakemake.params.settings, snakemake.input.width)
    layers = make_backbone(settings, data.variables, data.space).layers
    digest = input_digest(snakemake.input.anchors)
    graph = build_weight_graph(layers, weights, times, digest, settings)
    write_weight_graph(snakemake.output[0], graph, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
