"""Sample a model's moving density at the user's times, and export the samples."""

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.dynamics.weight_spline import read_spline
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.prediction.exports import FileLayout, StatesInTime, write_states
from weightflow.prediction.moving_density import sample_along
from weightflow.prediction.moving_weights import FieldFiles, along_field, along_spline, read_moving_field
from weightflow.seeding import Computation


def main(snakemake):
    inputs, params, seed = snakemake.input, snakemake.params, int(snakemake.wildcards.seed)
    data, graph = read_snapshots(inputs.snapshots), read_weight_graph(inputs.graph)
    computation, settings = Computation(seed, job_device(snakemake)), ModelSettings.parts(params.settings)
    if inputs.dynamics:
        files = FieldFiles(inputs.dynamics, inputs.path, inputs.curve)
        field = read_moving_field(files, graph, settings, seed)
        weights_at = along_field(field, graph, settings.solver, computation.device)
    else:
        weights_at = along_spline(read_spline(inputs.curve), settings.continuation.weights)
    times = params.times or data.times
    states = sample_along(weights_at, graph, data, times, params.samples, computation)
    about = {**params.about, "seed": seed, "time_label": data.time_label, "settings": params.model}
    sampled = StatesInTime(times, states, data.variables, data.representation)
    write_states(snakemake.output[0], sampled, FileLayout(params.time_column, params.matrix), about)


run(main, snakemake)  # noqa: F821
