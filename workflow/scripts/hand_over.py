"""Sample the method that a run's evidence recommends for a data set: its model, unless a baseline is better."""

import pandas as pd

from weightflow import seeding
from weightflow.baselines.registry import BASELINES
from weightflow.baselines.sampling import sample_baseline
from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.evaluation.trust import find_recommended
from weightflow.jobs.frame import run
from weightflow.prediction.answers import answered_times
from weightflow.prediction.exports import FileLayout, StatesInTime, write_states
from weightflow.prediction.fitted import read_fitted


def main(snakemake):
    inputs, params, name = snakemake.input, snakemake.params, snakemake.wildcards.dataset
    data = read_snapshots(inputs.snapshots)
    times = params.times or answered_times(data).tolist()
    left_out = pd.read_csv(inputs.left_out) if inputs.left_out else None
    last = data.observed_times[-1]
    method = find_recommended(pd.read_csv(inputs.metrics), left_out, name, params.model, params.runs)
    inside = [time for time in times if time <= last]
    if method != params.model and not BASELINES[method].continues and len(inside) < len(times):
        print(f"{method} ends at the last snapshot, so later times are left out.")
        times, method = inside or times, method if inside else params.model
    if method == params.model:
        model = read_fitted(method, params.seed, inputs.files, params.parts, params.settings, data)
        rng = seeding.stream(params.seed, "recommended")
        states = [density.sample(params.samples, rng) for density in model.along(times, 0, params.samples)]
    else:
        graph = read_weight_graph(inputs.graph)
        states = sample_baseline(method, data, times, params.samples, params.seed, graph)
    sampled = StatesInTime(times, states, data.variables, data.representation)
    about = {**params.about, "method": method, "seed": params.seed, "time_label": data.time_label}
    write_states(snakemake.output[0], sampled, FileLayout(params.time_column, params.matrix), about)


run(main, snakemake)  # noqa: F821
