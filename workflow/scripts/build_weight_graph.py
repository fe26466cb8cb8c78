"""Lay the anchors out as the tokens of a weight graph."""

from weightflow.anchors import read_anchors
from weightflow.backbones import make_backbone
from weightflow.job import run
from weightflow.provenance import input_digest
from weightflow.snapshots import read_snapshots
from weightflow.weight_graph import build_weight_graph, write_weight_graph


def main(snakemake):
    data = read_snapshots(snakemake.input.snapshots)
    times, weights = read_anchors(snakemake.input.anchors)
    backbone = make_backbone(snakemake.params.settings["backbone"], len(data.variables), data.states)
    graph = build_weight_graph(backbone.layers, weights, times, anchors=input_digest(snakemake.input.anchors))
    write_weight_graph(snakemake.output[0], graph)


run(main, snakemake)  # noqa: F821
