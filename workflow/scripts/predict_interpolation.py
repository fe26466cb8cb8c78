"""Sample and score backbones whose weights are interpolated between the anchors."""

from weightflow.backbones import make_backbone
from weightflow.device import job_device
from weightflow.interpolation import fine_times, interpolate_weights
from weightflow.job import run
from weightflow.laws import known_law
from weightflow.moving_density import predict_from_weights
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots
from weightflow.weight_graph import read_weight_graph


def main(snakemake):
    kind, seed = snakemake.wildcards.model, int(snakemake.wildcards.seed)
    data = read_snapshots(snakemake.input.snapshots)
    graph = read_weight_graph(snakemake.input.graph)
    backbone = make_backbone(graph.backbone, data.variables, data.states)
    fine = fine_times(data.observed_times)
    weights, path_weights = (interpolate_weights(kind, graph.times, graph.weights, at) for at in (data.times, fine))
    law, device = known_law(snakemake.input.law), job_device(snakemake)
    prediction = predict_from_weights(
        backbone, weights, path_weights, fine, data, snakemake.params.samples, seed, device, law
    )
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake))


run(main, snakemake, gives_way=True)  # noqa: F821
