"""Split and scale what classifiers are to learn."""

from weightflow.job import run
from weightflow.named_tasks import named_task
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots
from weightflow.state_tasks import task_of_states
from weightflow.task_catalogue import read_catalogue
from weightflow.tasks import write_task


def main(snakemake):
    inputs, settings = snakemake.input, snakemake.params.settings
    if inputs.snapshots:
        data = read_snapshots(inputs.snapshots)
        task = task_of_states(data, settings["snapshot"]["time"], settings["split"], inputs.snapshots)
    else:
        task = named_task(settings["task"], settings["split"], read_catalogue(inputs.catalogue))
    write_task(snakemake.output[0], task, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
