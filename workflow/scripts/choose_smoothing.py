"""Choose the backbone's width and the smoothing weights on a validation split."""

from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.validation_choice import choose_smoothing
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.seeding import Computation
from weightflow.storage import write_json, write_table
from weightflow.teaching.teachers import read_teachers


def main(snakemake):
    settings = ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    teachers = read_teachers(snakemake.input.teacher) if snakemake.input.teacher else None
    device = job_device(snakemake)
    choice, scores = choose_smoothing(data, teachers, settings, Computation(snakemake.params.seed, device))
    write_json(snakemake.output.choice, choice | {"device": str(device)})
    write_table(snakemake.output.scores, scores)


run(main, snakemake)  # noqa: F821
