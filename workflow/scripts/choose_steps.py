"""Choose, on a validation split, for how many steps a field that begins at the spline is fitted."""

from weightflow.device import job_device
from weightflow.dynamics import Solver
from weightflow.job import run
from weightflow.latent_path import read_latent_path
from weightflow.selection import choose_steps
from weightflow.snapshots import read_training
from weightflow.storage import read_json, write_json, write_table
from weightflow.teacher import read_teachers
from weightflow.weight_graph import read_weight_graph


def main(snakemake):
    inputs, settings, seed = snakemake.input, snakemake.params.settings, int(snakemake.wildcards.seed)
    steps, scores = choose_steps(
        read_training(inputs.snapshots, settings["data"]["share"]),
        read_weight_graph(inputs.graph),
        read_latent_path(inputs.path)[1] if inputs.path else None,
        read_teachers(inputs.teacher) if inputs.teacher else None,
        read_json(inputs.choice),
        settings,
        Solver(**settings["solver"]),
        seed,
        job_device(snakemake),
    )
    write_json(snakemake.output.steps, {"steps": steps})
    write_table(snakemake.output.scores, scores)


run(main, snakemake)  # noqa: F821
