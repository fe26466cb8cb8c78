"""The plan of populations: the files of their targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from weightflow.config.paths import located_populations
from weightflow.config.plan import Plan
from weightflow.config.population_checks import check_populations
from weightflow.config.settings import Configuration
from weightflow.config.transfer_checks import check_transfers
from weightflow.errors import InputError, unknown
from weightflow.plots.registry import figure_files
from weightflow.populations.autoencoders.registry import QUERIES
from weightflow.populations.autoencoders.settings import BASE, AutoencoderSettings, fit_keys, variants_of
from weightflow.populations.network_files import found_files
from weightflow.populations.registry import GENERATORS, LEARNED
from weightflow.populations.settings import (
    OWN,
    SELECTED,
    PopulationSettings,
    has_new_last_layer,
    is_own_task,
    label_of_task,
    tasks_of_transfer,
)
from weightflow.populations.tasks.catalogue import input_shapes, label_counts
from weightflow.populations.tasks.example_sources import files_of_examples
from weightflow.populations.tasks.selection import shape_in_size
from weightflow.yaml_files import read_config

POPULATION = "results/populations/{population}"
LAYOUTS = ("aligned", "raw")
# Tables besides those of metrics, and what figures need of them.
FURTHER = ("frontier", "transfer", "decoded", "zoos", "variants")


class MetricTable(NamedTuple):
    """A table of metrics of a population and seed, for a layout of its flow or for its reconstructions."""

    population: str
    layout: str
    seed: int
    metrics: str


class SeedTable(NamedTuple):
    """A further table of a population and seed, of a kind of `FURTHER`."""

    population: str
    seed: int
    table: str


class TimedPopulation(NamedTuple):
    """A stage of a population, with its benchmark file."""

    population: str
    stage: str
    seed: int
    benchmark: str


@dataclass(frozen=True)
class PopulationPlan:
    """The targets of the populations of a configuration.

    Attributes:
        plan: of the run.
        populations: settings by name.
    """

    plan: Plan
    populations: Mapping[str, PopulationSettings]

    @classmethod
    def of(cls, plan: Plan, source: str, file: Path | None = None) -> "PopulationPlan":
        """The plan of the populations of a run, named in its config files or in another file.

        Args:
            plan: of the run.
            source: the config files' names.
            file: with the populations; None if the config files have them.

        Raises:
            InputError: naming the file, the key and the fix.
        """
        config = plan.config
        if file is not None:
            source = str(file)
            asked = {"populations": read_config(file).get("populations", {})}
            given = Configuration.of({"datasets": config.plain()["datasets"]} | asked, source)
            config = config.but(populations=located_populations(given.populations, [file.parent]))
        shapes = input_shapes(plan.catalogue)
        check_populations(config.populations, config.datasets, shapes, source)
        check_transfers(config.populations, shapes, label_counts(plan.catalogue), source)
        return cls(plan, config.populations)

    @property
    def folder(self) -> str:
        """Folder of the tables, the settings and the page of populations."""
        return f"{self.plan.folder}/populations"

    def plain(self) -> dict[str, Any]:
        """Settings of populations, as plain data for files."""
        return {"populations": {name: own.plain() for name, own in self.populations.items()}}

    def asked(self) -> dict[str, Any]:
        """The configuration as plain data, with these populations."""
        return self.plan.asked() | self.plain()

    def population(self, name: str) -> PopulationSettings:
        """Settings of one population.

        Raises:
            InputError: the name is unknown.
        """
        if name not in self.populations:
            raise InputError(f"populations: {unknown('population', name, self.populations)}")
        return self.populations[name]

    def sections(self, name: str, *sections: str, without: str = "") -> dict[str, Any]:
        """Sections of a population's settings that a stage depends on.

        The key `without` is left out: it lists values with a job each, and a further value must not rerun the others.
        """
        found = {section: self.population(name).plain()[section] for section in sections}
        return {
            section: {key: value for key, value in own.items() if key != without} if isinstance(own, dict) else own
            for section, own in found.items()
        }

    def members(self, name: str, seed: int | str) -> str:
        """Folder of a population's networks: trained with a seed, or loaded from files."""
        whole = f"results/populations/{name}"
        return f"{whole}/loaded" if self.population(name).networks.files else f"{whole}/seed{seed}"

    def files_of_networks(self, name: str) -> list[str]:
        """The files of networks that were trained elsewhere; [] for networks to train."""
        files = self.population(name).networks.files
        return list(map(str, found_files(files))) if files else []

    def autoencoders(self, name: str) -> dict[str, AutoencoderSettings]:
        """The auto-encoders of a population by the names of their variants; {} if it has none."""
        own = self.population(name).autoencoder
        return variants_of(own) if own.structural else {}

    def autoencoder(self, name: str, variant: str) -> AutoencoderSettings:
        """Settings of one auto-encoder.

        Raises:
            InputError: the population has no such variant.
        """
        known = self.autoencoders(name)
        if variant not in known:
            raise InputError(f"populations.{name}.autoencoder: {unknown('variant', variant, known)}")
        return known[variant]

    def checked_autoencoders(self) -> list[str]:
        """The checked facts about the auto-encoders of all populations that have them."""
        return [f"results/populations/{name}/autoencoders.json" for name in self.populations if self.autoencoders(name)]

    def encodings(self, name: str) -> list[tuple[str, float]]:
        """Variants and weights β of all auto-encoders of a population."""
        return [(variant, weight) for variant, own in self.autoencoders(name).items() for weight in own.structural]

    def zoos(self, name: str, variant: str) -> list[str]:
        """The populations that an auto-encoder is trained on, its own first."""
        return [name, *self.autoencoder(name, variant).zoos]

    def compared_zoos(self, name: str) -> list[str]:
        """The populations that the auto-encoder without changes is evaluated on besides its own."""
        own = self.population(name).autoencoder
        return [*own.zoos, *own.unfamiliar]

    def settings_of_autoencoder(self, name: str, variant: str) -> dict[str, Any]:
        """The settings that the fit of an auto-encoder depends on."""
        return {
            "autoencoder": fit_keys(self.autoencoder(name, variant)),
            "zoos": self.sections_of_zoos(self.zoos(name, variant)),
        }

    def sections_of_zoos(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """What classifiers of populations depend on, and their names."""
        return [{"name": own, **self.sections(own, "architecture", "networks", "alignment")} for own in names]

    def tasks_of_zoos(self, names: Sequence[str]) -> list[str]:
        """The files of the tasks of populations."""
        return [f"results/populations/{own}/task.safetensors" for own in names]

    def aligned(self, names: Sequence[str], seed: int | str) -> list[str]:
        """The files of aligned populations."""
        return [f"{self.members(own, seed)}/aligned.safetensors" for own in names]

    def other_queries(self, name: str, variant: str) -> list[str]:
        """Other tasks with queries for an auto-encoder, in the order of its settings."""
        return [own for own in self.autoencoder(name, variant).queries.sources if own not in QUERIES]

    def files_of_queries(self, name: str, variant: str) -> list[str]:
        """The files of these tasks for each population that the auto-encoder is trained on."""
        others = self.other_queries(name, variant)
        return [
            f"results/populations/{zoo}/others/{own}.safetensors" for zoo in self.zoos(name, variant) for own in others
        ]

    def autoencoder_file(self, name: str, seed: int | str, variant: str, structural: float, file: str) -> str:
        """A file of one auto-encoder."""
        return f"results/populations/{name}/seed{seed}/autoencoders/{variant}/{structural}/{file}"

    def shape_of_inputs(self, name: str) -> list[int]:
        """Shape of an input of a named task, cut and resized; [] for a user's examples, whose check finds it."""
        own = self.population(name)
        given = input_shapes(self.plan.catalogue).get(own.task or "", ())
        return list(shape_in_size(given, own.crop, own.resize))

    def files_of_examples(self, name: str) -> list[str]:
        """The files and folders of a user's examples; [] for a named task."""
        return files_of_examples(self.population(name).examples)

    def check_of(self, name: str) -> str | list[str]:
        """The checked facts about a user's examples; [] for a named task."""
        return f"{POPULATION}/examples.json".format(population=name) if self.files_of_examples(name) else []

    def checked_examples(self) -> list[str]:
        """The facts about the examples of all populations that have their own."""
        return [file for name in self.populations if isinstance(file := self.check_of(name), str)]

    def files_of_task(self, task: str | None) -> list[str]:
        """The files of a task; [] if a library provides it."""
        sources = self.plan.catalogue[task].files.values() if task and task in self.plan.catalogue else ()
        return [str(source.path) for source in sources]

    def states_of(self, name: str) -> str | list[str]:
        """The snapshots that a population of backbones learns; [] for other tasks."""
        dataset = self.population(name).snapshot.dataset
        return f"results/{dataset}/snapshots.safetensors" if dataset else []

    def learned(self, name: str, layout: str | None = None) -> list[tuple[str, str]]:
        """Generators that are fitted to a population, each with a layout of its networks, or in one layout only."""
        settings = self.population(name)
        found = [(own, each) for own in LEARNED for each in getattr(settings, GENERATORS[own].section).alignments]
        return [pair for pair in found if layout is None or pair[1] == layout]

    def generators(self, name: str, layout: str, seed: int | str) -> list[str]:
        """Files of the generators that are fitted to a layout of a population."""
        folder = f"results/populations/{name}/seed{seed}/generators"
        return [f"{folder}/{own}-{layout}.safetensors" for own, _ in self.learned(name, layout)]

    def generated(self, name: str, layout: str, seed: int | str) -> list[str]:
        """Files of the networks of these generators."""
        folder = f"results/populations/{name}/seed{seed}/generated"
        return [f"{folder}/{own}-{layout}.safetensors" for own, _ in self.learned(name, layout)]

    def drawn(self, name: str, seed: int | str) -> list[str]:
        """The file of networks that are drawn about codes; [] without an auto-encoder."""
        return (
            [f"results/populations/{name}/seed{seed}/generated/decoded.safetensors"] if self.autoencoders(name) else []
        )

    def prepared_tasks(self, name: str) -> list[str]:
        """The files of the tasks for fine-tuning, in the order of the settings."""
        own = self.population(name)
        whole = f"results/populations/{name}"
        return [
            f"{whole}/task.safetensors" if is_own_task(task, own) else f"{whole}/transfer/{place}.safetensors"
            for place, task in enumerate(tasks_of_transfer(own))
        ]

    def labels_of_transfer(self, name: str) -> list[str]:
        """The tasks for fine-tuning in tables, in the order of the settings."""
        own = self.population(name)
        return [label_of_task(task, own) for task in tasks_of_transfer(own)]

    def last_layers_anew(self, name: str) -> list[bool]:
        """Whether each task for fine-tuning has other labels, so that the last layer is drawn anew."""
        own = self.population(name)
        return [has_new_last_layer(task, own) for task in tasks_of_transfer(own)]

    def files_of_other(self, name: str, place: int) -> list[str]:
        """The files of a task for fine-tuning, by its place among them."""
        own = self.population(name)
        if (task := tasks_of_transfer(own)[place].task) != OWN:
            return self.files_of_task(task)
        return [*self.files_of_task(own.task), *self.examples_of_other(name, place)]

    def examples_of_other(self, name: str, place: int) -> list[str]:
        """The files of a user's examples that a task for fine-tuning reads; [] if it is another task."""
        task = tasks_of_transfer(self.population(name))[place].task
        return self.files_of_examples(name) if task == OWN else []

    def sections_of_other(self, name: str, place: int) -> dict[str, Any]:
        """The settings of a task for fine-tuning, by its place among them."""
        task = tasks_of_transfer(self.population(name))[place]
        found = self.sections(name, "task", "examples", "split", "scale", "snapshot")
        other = {} if task.task == OWN else {"task": task.task, "examples": {}}
        return found | other | {key: task.plain()[key] for key in SELECTED}

    def further(self, kind: str) -> list[SeedTable]:
        """The tables of a kind of `FURTHER`, seed by seed."""
        return [
            SeedTable(name, seed, f"results/populations/{name}/seed{seed}/metrics/{kind}.csv")
            for name, own in self.populations.items()
            if kind in self._further_of(own)
            for seed in self.plan.seeds
        ]

    def _further_of(self, settings: PopulationSettings) -> list[str]:
        coded = settings.autoencoder
        there = {
            "frontier": settings.frontier,
            "transfer": settings.transfer.tasks,
            "decoded": coded.structural,
            "zoos": coded.structural and (coded.zoos or coded.unfamiliar),
            "variants": coded.structural and coded.variants,
        }
        return [kind for kind in FURTHER if there[kind]]

    def written(self) -> list[str]:
        """Folders of generated networks as state dicts: of populations that were loaded from files."""
        return [
            f"{self.folder}/{name}/seed{seed}/{own}-{layout}"
            for name, settings in self.populations.items()
            if settings.networks.files
            for own, layout in self.learned(name)
            for seed in self.plan.seeds
        ]

    def judged(self) -> list[MetricTable]:
        """All tables of metrics of populations, seed by seed."""
        return [
            MetricTable(name, what, seed, f"results/populations/{name}/seed{seed}/metrics/{file}.csv")
            for name, own in self.populations.items()
            for what, file in [
                *((layout, f"generated-{layout}") for layout in LAYOUTS),
                *([("reconstructed", "reconstructed")] if own.autoencoder.structural else []),
            ]
            for seed in self.plan.seeds
        ]

    def timed(self) -> list[TimedPopulation]:
        """Every timed stage of populations."""
        found = []
        for name, settings in self.populations.items():
            files = [
                *(
                    []
                    if settings.networks.files
                    else [("training", "train_population"), ("alignment", "align_population")]
                ),
                *((f"{own}, {layout}", f"{layout}/fit_{own}") for own, layout in self.learned(name)),
                *((f"drawing {own}, {layout}", f"{layout}/draw_{own}") for own, layout in self.learned(name)),
                *(
                    (_stage_of_encoding(variant, weight), f"{variant}/{weight}/fit_weight_autoencoder")
                    for variant, weight in self.encodings(name)
                ),
                *([("frontiers", "trace_frontiers")] if settings.frontier else []),
                *([("fine-tuning", "tune_networks")] if settings.transfer.tasks else []),
            ]
            spent = f"results/populations/{name}/benchmarks"
            found += [
                TimedPopulation(name, stage, seed, f"{spent}/seed{seed}/{file}.tsv")
                for seed in self.plan.seeds
                for stage, file in files
            ]
        return found

    def figures(self) -> list[str]:
        """Figures of populations, in the order of the page."""
        return [
            file
            for name, own in self.populations.items()
            for file in figure_files(
                self.plan.folder,
                {"population": [{"population": name}]},
                self._further_of(own),
            )
        ]

    def measured(self) -> list[str]:
        """The results shown on the page about populations."""
        further = [own.table for kind in FURTHER for own in self.further(kind)]
        return [*(own.metrics for own in self.judged()), *further]


def _stage_of_encoding(variant: str, structural: float) -> str:
    return f"auto-encoder, β = {structural}" + ("" if variant == BASE else f", {variant}")
