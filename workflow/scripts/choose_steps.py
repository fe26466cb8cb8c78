"""Choose, on a validation split, the number of steps of the fit of a field that begins at the spline."""

from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.validation_choice import choose_steps
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.seeding import Computation
from weightflow.storage import read_json, write_json, write_table
from weightflow.teaching.teachers import read_teachers


def main(snakemake):
    inputs, settings = snakemake.input, ModelSettings.parts(snakemake.params.settings)
    data = read_training(inputs.snapshots, settings.data.share)
    device = job_device(snakemake)
    steps, scores = choose_steps(
        data,
        read_teachers(inputs.teacher) if inputs.teacher else None,
        read_json(inputs.choice),
        settings,
        settings.solver,
        Computation(int(snakemake.wildcards.seed), device),
    )
    write_json(snakemake.output.steps, {"steps": steps, "device": str(device)})
    write_table(snakemake.output.scores, scores)


run(main, snakemake)  # noqa: F821
