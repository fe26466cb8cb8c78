"""Split and scale the examples of a classification task."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run, stamp
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.by_name import named_task
from weightflow.populations.tasks.catalogue import read_catalogue
from weightflow.populations.tasks.next_count import task_of_states
from weightflow.populations.tasks.task import write_task


def main(snakemake):
    inputs, settings = snakemake.input, PopulationSettings.parts(snakemake.params.settings)
    if inputs.snapshots:
        data = read_snapshots(inputs.snapshots)
        task = task_of_states(data, settings.snapshot.time, settings.split, inputs.snapshots)
    else:
        task = named_task(settings.task, settings.split, read_catalogue(inputs.catalogue))
    write_task(snakemake.output[0], task, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
