"""Choose the teacher with the best predictions of left-out interior snapshots."""

from weightflow import seeding
from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.frame import run
from weightflow.storage import write_table
from weightflow.teaching.choice import best_teachers, candidates, score_teachers
from weightflow.teaching.teachers import write_teachers


def main(snakemake):
    settings = ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    teachers = candidates(settings.teacher, data.discrete)
    rng = seeding.stream(snakemake.params.seed, "teacher")
    scores = score_teachers(teachers, data.observed, data.observed_times, data.space, rng)
    write_teachers(snakemake.output.teacher, best_teachers(scores))
    write_table(snakemake.output.scores, scores)


run(main, snakemake)  # noqa: F821
