"""Sample and score the moving density of the learned weight-space spline at every time of the data."""

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.dynamics.weight_spline import read_spline
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.laws.law import known_law
from weightflow.prediction.moving_density import Question, predict_along
from weightflow.prediction.moving_weights import along_spline
from weightflow.prediction.predictions import write_prediction
from weightflow.seeding import Computation


def main(snakemake):
    inputs, params, graph = snakemake.input, snakemake.params, read_weight_graph(snakemake.input.graph)
    computation = Computation(int(snakemake.wildcards.seed), job_device(snakemake))
    continuation = ModelSettings.parts(params.settings).continuation
    weights_at = along_spline(read_spline(inputs.curve), float(graph.times[-1]), continuation.weights)
    question = Question(read_snapshots(inputs.snapshots), params.samples, known_law(inputs.law))
    prediction = predict_along(weights_at, graph, question, computation)
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(computation.device))


run(main, snakemake)  # noqa: F821
