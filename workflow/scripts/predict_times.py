"""Sample a model's moving density at the user's times, and export the samples."""

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.prediction.exports import FileLayout, StatesInTime, write_states
from weightflow.prediction.moving_density import sample_along
from weightflow.prediction.moving_weights import WeightFiles, read_weights
from weightflow.seeding import Computation


def main(snakemake):
    inputs, params, seed = snakemake.input, snakemake.params, int(snakemake.wildcards.seed)
    data, graph = read_snapshots(inputs.snapshots), read_weight_graph(inputs.graph)
    computation, settings = Computation(seed, job_device(snakemake)), ModelSettings.parts(params.settings)
    files = WeightFiles(inputs.graph, inputs.curve, inputs.path, inputs.dynamics)
    weights_at = read_weights(files, graph, settings, data.times, computation)
    times = params.times or data.times
    states = sample_along(weights_at, graph, data, times, params.samples, computation)
    about = {**params.about, "seed": seed, "time_label": data.time_label, "settings": params.model}
    sampled = StatesInTime(times, states, data.variables, data.representation)
    write_states(snakemake.output[0], sampled, FileLayout(params.time_column, params.matrix), about)


run(main, snakemake)  # noqa: F821
