"""Sample and score backbones whose weights are interpolated between the anchors."""

from functools import partial

from weightflow.device import job_device
from weightflow.interpolation import interpolate_weights
from weightflow.job import run
from weightflow.laws import known_law
from weightflow.moving_density import predict_along
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots
from weightflow.weight_graph import read_weight_graph


def main(snakemake):
    kind, seed = snakemake.wildcards.model, int(snakemake.wildcards.seed)
    data, graph = read_snapshots(snakemake.input.snapshots), read_weight_graph(snakemake.input.graph)
    weights_at = partial(map, partial(interpolate_weights, kind, graph.times, graph.weights))
    law, samples, device = known_law(snakemake.input.law), snakemake.params.samples, job_device(snakemake)
    prediction = predict_along(weights_at, graph, data, samples, seed, device, law)
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake))


run(main, snakemake, gives_way=True)  # noqa: F821
