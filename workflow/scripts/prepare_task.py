"""Split and scale the examples of a classification task."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run, stamp
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.by_name import named_task
from weightflow.populations.tasks.catalogue import read_catalogue
from weightflow.populations.tasks.examples import check_query, own_task, read_examples
from weightflow.populations.tasks.next_count import task_of_states
from weightflow.populations.tasks.task import write_task
from weightflow.storage import read_json


def main(snakemake):
    inputs, settings = snakemake.input, PopulationSettings.parts(snakemake.params.settings)
    if inputs.snapshots:
        data = read_snapshots(inputs.snapshots)
        task = task_of_states(data, settings.snapshot.time, settings.split, inputs.snapshots)
    elif settings.task is None:
        task = own_task(read_examples(settings.examples), settings.split, settings.scale)
    else:
        task = named_task(settings.task, settings.split, read_catalogue(inputs.catalogue), settings.scale)
        if inputs.checked:  # queries for networks of a user's examples
            shape, where = read_json(inputs.checked, "shape")["shape"], f"populations.{snakemake.wildcards.population}"
            check_query(settings.task, task.shape, shape, where)
    write_task(snakemake.output[0], task, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
