"""Sample and score backbones whose weights are interpolated between the anchors, seed by seed."""

from functools import partial

from weightflow.baselines import interpolated_weights
from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.laws.law import known_law
from weightflow.prediction.moving_density import Question, predict_along
from weightflow.prediction.predictions import write_prediction
from weightflow.seeding import Computation


def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    interpolate = getattr(interpolated_weights, params.interpolation)
    question = Question(read_snapshots(inputs.snapshots), params.samples, known_law(inputs.law))
    for seed, path, target in zip(params.seeds, inputs.graphs, snakemake.output, strict=True):
        graph = read_weight_graph(path)
        weights_at = partial(map, partial(interpolate, graph.times, graph.weights))
        prediction = predict_along(weights_at, graph, question, Computation(seed, device))
        write_prediction(target, prediction, made_by=stamp(snakemake), seed=seed)


run(main, snakemake, gives_way=True)  # noqa: F821
