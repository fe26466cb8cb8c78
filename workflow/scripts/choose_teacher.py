"""Choose the teacher that predicts left-out interior snapshots best."""

from weightflow import seeding
from weightflow.job import run
from weightflow.snapshots import read_snapshots
from weightflow.storage import write_table
from weightflow.teacher import best_teachers, candidates, score_teachers, write_teachers


def main(snakemake):
    data, settings = read_snapshots(snakemake.input[0]), snakemake.params.settings
    teachers = candidates(settings["members"], settings["noises"], settings["shares"], settings["rates"])
    rng = seeding.stream(snakemake.params.seed, "teacher")
    scores = score_teachers(teachers, data.observed, data.observed_times, data.states, rng)
    write_teachers(snakemake.output.teacher, best_teachers(scores))
    write_table(snakemake.output.scores, scores)


run(main, snakemake)  # noqa: F821
