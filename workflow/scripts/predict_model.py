"""Solve the dynamics once, then sample and score the moving density at every time of the data."""

from functools import partial

from weightflow.device import job_device
from weightflow.dynamics import Solver, solve_weights
from weightflow.fitting import load_field, make_field
from weightflow.job import run
from weightflow.latent_path import read_latent_path
from weightflow.laws import known_law
from weightflow.moving_density import predict_along
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots
from weightflow.weight_graph import read_weight_graph
from weightflow.weight_spline import read_spline


def main(snakemake):
    settings, seed = snakemake.params.settings, int(snakemake.wildcards.seed)
    data = read_snapshots(snakemake.input.snapshots)
    graph = read_weight_graph(snakemake.input.graph)
    path = read_latent_path(snakemake.input.path)[1] if snakemake.input.path else None
    device = job_device(snakemake)
    curve = read_spline(snakemake.input.curve) if snakemake.input.curve else None
    field = make_field(graph, path, settings["dynamics"], seed, curve)
    load_field(snakemake.input.dynamics, field)
    weights_at = partial(solve_weights, field.to(device), graph, solver=Solver(**settings["solver"]))
    law, samples = known_law(snakemake.input.law), snakemake.params.samples
    prediction = predict_along(weights_at, graph, data, samples, seed, device, law)
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
