"""Check a user's examples, also against the architecture; print and write what was understood."""

from weightflow.errors import InputError
from weightflow.jobs.frame import run
from weightflow.jobs.screen import say
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.examples import read_examples, selected
from weightflow.populations.tasks.selection import Selection, check_augmentation
from weightflow.storage import write_json


def main(snakemake):
    settings = PopulationSettings.parts(snakemake.params.settings)
    section = f"populations.{snakemake.wildcards.population}"
    selection = Selection(settings.crop, settings.resize, settings.classes, section)
    examples = selected(read_examples(settings.examples), selection)
    if not settings.networks.files:  # networks from files are checked as they are loaded
        try:
            make_classifier(settings.architecture, examples.shape, len(examples.labels))
        except InputError as fault:
            raise InputError(f"{section}.{fault}") from fault
        check_augmentation(snakemake.params.augment, examples.shape, section)
    lines = "".join(f"  {line}\n" for line in examples.summary().splitlines())
    print(lines)
    say(f"{examples.source} is read as:\n{lines}")  # on the screen, before anything trains
    found = {
        "source": examples.source,
        "shape": examples.shape,
        "labels": examples.counts(),
        "test": len(examples.test.labels) if examples.test else 0,
        "notes": examples.notes,
    }
    write_json(snakemake.output[0], found)


run(main, snakemake)  # noqa: F821
