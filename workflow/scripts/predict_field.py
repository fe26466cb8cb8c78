"""Solve the dynamics once, then sample and score the moving density at every time of the data."""

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.laws.law import known_law
from weightflow.prediction.moving_density import Question, predict_along
from weightflow.prediction.moving_weights import WeightFiles, along_field, read_moving_field
from weightflow.prediction.predictions import write_prediction
from weightflow.seeding import Computation


def main(snakemake):
    inputs, params, graph = snakemake.input, snakemake.params, read_weight_graph(snakemake.input.graph)
    computation = Computation(int(snakemake.wildcards.seed), job_device(snakemake))
    settings = ModelSettings.parts(params.settings)
    files = WeightFiles(inputs.graph, inputs.curve, inputs.path, inputs.dynamics)
    field = read_moving_field(files, graph, settings, computation.seed)
    data = read_snapshots(inputs.snapshots)
    weights_at = along_field(field, graph, settings.solver, data.times, computation.device)
    question = Question(data, params.samples, known_law(inputs.law))
    prediction = predict_along(weights_at, graph, question, computation)
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(computation.device))


run(main, snakemake)  # noqa: F821
