"""Choose the teachers between the snapshots, and how the states go on past the last one."""

from weightflow import seeding
from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.frame import run
from weightflow.storage import write_table
from weightflow.systems.reading import read_system
from weightflow.teaching.choice import candidates, choose_teachers
from weightflow.teaching.kinetics import has_rates
from weightflow.teaching.teachers import write_teachers


def main(snakemake):
    settings = ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    system = read_system(snakemake.input.system[0]) if snakemake.input.get("system") else None
    teachers = candidates(settings.teacher, data.discrete, has_rates(system, len(data.variables)))
    rng = seeding.stream(snakemake.params.seed, "teacher")
    slowings = settings.teacher.slowings
    chosen, scores = choose_teachers(teachers, data.observed, data.observed_times, data.space, rng, system, slowings)
    write_teachers(snakemake.output.teacher, chosen)
    write_table(snakemake.output.scores, scores)


run(main, snakemake)  # noqa: F821
