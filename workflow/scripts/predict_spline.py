"""Sample and score the moving density of the learned weight-space spline at every time of the data."""

from functools import partial

from weightflow.device import job_device
from weightflow.job import run
from weightflow.laws import known_law
from weightflow.moving_density import predict_along
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots
from weightflow.weight_graph import read_weight_graph
from weightflow.weight_spline import read_spline


def main(snakemake):
    data, curve = read_snapshots(snakemake.input.snapshots), read_spline(snakemake.input.curve)
    graph, law = read_weight_graph(snakemake.input.graph), known_law(snakemake.input.law)
    seed, samples, device = int(snakemake.wildcards.seed), snakemake.params.samples, job_device(snakemake)
    prediction = predict_along(partial(map, curve.at), graph, data, samples, seed, device, law)
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
