"""Split and scale the examples of a classification task."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run, stamp
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.by_name import named_task
from weightflow.populations.tasks.catalogue import read_catalogue
from weightflow.populations.tasks.examples import check_other, own_task, read_examples
from weightflow.populations.tasks.next_count import task_of_states
from weightflow.populations.tasks.selection import Selection
from weightflow.populations.tasks.task import write_task
from weightflow.storage import read_json


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    settings = PopulationSettings.parts(params.settings)
    section = f"populations.{snakemake.wildcards.population}{params.key}"
    selection = Selection(settings.crop, settings.resize, settings.classes, section)
    if inputs.snapshots:
        data = read_snapshots(inputs.snapshots)
        task = task_of_states(data, settings.snapshot.time, settings.split, inputs.snapshots)
    elif settings.task is None:
        task = own_task(read_examples(settings.examples), settings.split, settings.scale, selection)
    else:
        catalogue = read_catalogue(inputs.catalogue)
        task = named_task(settings.task, settings.split, catalogue, settings.scale, selection)
    if params.key and inputs.checked:  # for fine-tuning networks of a user's examples
        check_other(settings.task or "examples", task.shape, read_json(inputs.checked, "shape")["shape"], section)
    write_task(snakemake.output[0], task, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
