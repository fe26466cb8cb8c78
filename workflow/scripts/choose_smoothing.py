"""Choose the backbone's width and the smoothing weights on a validation split."""

from weightflow.device import job_device
from weightflow.job import run
from weightflow.selection import choose_smoothing
from weightflow.snapshots import read_training
from weightflow.storage import write_json, write_table
from weightflow.teacher import read_teachers


def main(snakemake):
    settings, seed = snakemake.params.settings, int(snakemake.wildcards.seed)
    data = read_training(snakemake.input.snapshots, settings["data"]["share"])
    teachers = read_teachers(snakemake.input.teacher) if snakemake.input.teacher else None
    choice, scores = choose_smoothing(data, teachers, settings, seed, job_device(snakemake))
    write_json(snakemake.output.choice, choice)
    write_table(snakemake.output.scores, scores)


run(main, snakemake)  # noqa: F821
