"""Solve the dynamics once, then sample and score the moving density at every time of the data."""

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law
from weightflow.prediction.moving_density import predict_along
from weightflow.prediction.moving_weights import along_field
from weightflow.prediction.predictions import write_prediction
from weightflow.records.provenance import stamp


def main(snakemake):
    inputs, params, seed = snakemake.input, snakemake.params, int(snakemake.wildcards.seed)
    data, graph, device = read_snapshots(inputs.snapshots), read_weight_graph(inputs.graph), job_device(snakemake)
    weights_at = along_field(inputs.dynamics, inputs.path, inputs.curve, graph, params.settings, seed, device)
    prediction = predict_along(weights_at, graph, data, params.samples, seed, device, known_law(inputs.law))
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
