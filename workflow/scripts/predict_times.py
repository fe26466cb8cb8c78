"""Sample a model's moving density at the times that a user lists, in a format that people go on with."""

from weightflow.data.exports import write_states
from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.prediction.moving_density import sample_along
from weightflow.prediction.moving_weights import along_field, along_spline


def main(snakemake):
    inputs, params, seed = snakemake.input, snakemake.params, int(snakemake.wildcards.seed)
    data, graph, device = read_snapshots(inputs.snapshots), read_weight_graph(inputs.graph), job_device(snakemake)
    if inputs.dynamics:
        weights_at = along_field(inputs.dynamics, inputs.path, inputs.curve, graph, params.settings, seed, device)
    else:
        weights_at = along_spline(inputs.curve, params.settings["continuation"]["weights"])
    times = params.times or data.times
    states = sample_along(weights_at, graph, data, times, params.samples, seed, device)
    about = {**params.about, "seed": seed, "time_label": data.time_label, "settings": params.model}
    written = (times, states, data.variables, data.representation, params.time_column, params.matrix)
    write_states(snakemake.output[0], *written, about)


run(main, snakemake)  # noqa: F821
