"""The plan of a run: the files of its targets, and the models that share a stage.

Paths are relative to the working folder; Snakemake or the caller fills in wildcards in braces.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import numpy as np

from weightflow.anchors.registry import ALIGNMENTS
from weightflow.baselines.registry import BASELINES, floors_of, predicted_by, standard_baselines
from weightflow.config import stages
from weightflow.config.ablation_plan import ablation_levels, ablation_models, models_on, share_alone
from weightflow.config.consistency import check_ablations, check_consistency, check_variants
from weightflow.config.data_checks import Asked
from weightflow.config.paths import located
from weightflow.config.run_name import run_name
from weightflow.config.settings import Configuration, DatasetEntry
from weightflow.data.folds import fold_of
from weightflow.data.preparation import heldout_amount, observed_times, training_sizes
from weightflow.dynamics.settings import ModelSettings
from weightflow.evaluation.ablation_level import BASE, Level
from weightflow.evaluation.sample_size import Size
from weightflow.formats.reading import as_files, format_of
from weightflow.formats.registry import READERS
from weightflow.formats.settings import FileSettings
from weightflow.networks.released_names import FIELD, anchor_files
from weightflow.plots.registry import figure_files
from weightflow.populations.tasks.catalogue import DataSet, read_catalogue
from weightflow.records.record import ROOT
from weightflow.settings import Plain
from weightflow.systems.builtin import system_file
from weightflow.systems.entries import DiffusionFile, files_of, is_map, is_path, read_entries

SNAPSHOTS = "results/{dataset}/snapshots.safetensors"  # the prepared data of a data set or a fold
RUN = "results/{dataset}/runs/{model}/seed{seed}"
# What a run has in its folder of a data set, beside what runs share.
_OF_THE_RUN = (
    "answers.csv",
    "calibration.csv",
    "determination.csv",
    "figures",
    "moments.csv",
    "path_energy.csv",
    "scored_file.json",
    *(f"scores.{kind}" for kind in ("csv", "parquet", "tsv")),
)


class StageJob(NamedTuple):
    """The job of a stage.

    Attributes:
        benchmark: its benchmark file; the path has the wildcard seed if each seed has its own job.
        artefact: the result whose metadata name the device, if any.
        seeds: number of seeds of the job.
    """

    benchmark: str
    artefact: str | None
    seeds: int


class TimedStage(NamedTuple):
    """A stage of one run, as `StageJob`."""

    dataset: str
    model: str
    seed: int
    stage: str
    benchmark: str
    artefact: str | None
    seeds: int


class EstimatedStage(NamedTuple):
    """The jobs of a model's stage, each for some seeds; jobs shared with an earlier model are not counted again."""

    dataset: str
    model: str
    stage: str
    jobs: int
    seeds: int


class SimulatedParts(NamedTuple):
    """Numbers of simulated trajectories of a data set; and of cells at each time, of a diffusion."""

    training: int
    heldout: int
    cells: list[int] | None = None


class ChoiceFiles(NamedTuple):
    """The choice of a teacher, of smoothing or of steps, and the models that share it.

    Attributes:
        kind: teacher, smoothing or steps.
        models: their names.
        seed: of the choice; None if all seeds share it.
        made: the file of the choice.
        scores: the file of the candidates' scores.
    """

    kind: str
    models: list[str]
    seed: int | None
    made: str
    scores: str


@dataclass(frozen=True)
class Plan:
    """The targets of a configuration.

    Attributes:
        config: complete, with defaults and the names of its baselines.
        home: folder of the workflow, with `resources`.
    """

    config: Configuration
    home: Path

    @classmethod
    def of(cls, content: Plain, home: Path, source: str, files: Sequence[Path] = ()) -> "Plan":
        """The plan of a consistent configuration.

        Args:
            content: of the config files, merged.
            home: folder of the workflow.
            source: the config files' names.
            files: configs of the command line; the last one names the run, and paths may start in their folders.

        Raises:
            InputError: naming the file, the key and the fix.
        """
        named = Configuration.of({**content, "name": run_name(content, files)}, source)
        folders = [Path(file).parent for file in files]
        config = located(named, folders)
        if config.baselines is None:
            past = any(dataset.hold_back for dataset in config.datasets.values())
            config = config.but(baselines=tuple(standard_baselines(past)))
        check_consistency(config, home / "resources" / "systems", source, folders)
        check_ablations(config, source)
        check_variants(config, home / "resources" / "systems", source)
        return cls(config, home)

    @property
    def folder(self) -> str:
        """Folder of the run, with its tables, settings, figures and report; data sets and models are in `results`."""
        return f"{ROOT}/{self.config.name}" if self.config.name else ROOT

    def concerns(self, artefact: PurePath) -> bool:
        """Whether an artefact, by its path below `results`, belongs to this run or is shared, and is not another's."""
        name, (first, *rest) = self.config.name, artefact.parts
        if name is None:
            return not rest or first in ("figures", "populations") or fold_of(first).dataset in self.datasets
        is_shared = first == "populations" or fold_of(first).dataset in self.datasets
        return first == name or (is_shared and rest[0] not in _OF_THE_RUN)

    def asked(self) -> dict[str, Any]:
        """The configuration as plain data, its models with the variants of the ablation study."""
        models = {name: settings.plain() for name, settings in self.settings.items()}
        return self.config.plain() | {"models": models}

    @property
    def datasets(self) -> list[str]:
        """Names of the data sets."""
        return list(self.config.datasets)

    @property
    def models(self) -> list[str]:
        """Names of the models, without variants of an ablation study."""
        return list(self.config.models)

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines."""
        return list(self.config.baselines or ())

    @property
    def systems(self) -> Path:
        """Folder of the built-in systems."""
        return self.home / "resources" / "systems"

    @property
    def seeds(self) -> list[int]:
        """Seeds; figures show the first."""
        return list(self.config.seeds)

    # Models and shared stages.

    @cached_property
    def settings(self) -> dict[str, ModelSettings]:
        """Settings of every model, with the variants of the ablation study."""
        return {**self.config.models, **ablation_models(self.config)}

    def sections(self, model: str, *names: str) -> dict[str, Any]:
        """Sections of a model's settings."""
        return stages.sections(self.settings[model], *names)

    def is_behavioural(self, model: str) -> bool:
        """Whether the loss of a model's latent path has a behavioural term."""
        return self.settings[model].path.behavioural > 0

    def having(self, trait: Callable[[ModelSettings], bool]) -> list[str]:
        """Models whose settings satisfy a predicate."""
        return [name for name, settings in self.settings.items() if trait(settings)]

    def sharing(self, label: Callable[[ModelSettings], str], models: Sequence[str]) -> dict[str, list[str]]:
        """Models by the label of their shared stage, in order."""
        found: dict[str, list[str]] = {}
        for model in models:
            found.setdefault(label(self.settings[model]), []).append(model)
        return found

    def shared(self, models: Sequence[str]) -> ModelSettings:
        """Settings of the first of the models that share a stage; the stage's settings are equal in all of them."""
        return self.settings[models[0]]

    @cached_property
    def driven(self) -> list[str]:
        """Models with a latent path."""
        return self.having(lambda model: model.dynamics.kind == "cde")

    @cached_property
    def fields(self) -> list[str]:
        """Models with a field."""
        return self.having(lambda model: model.dynamics.kind != "spline")

    @cached_property
    def learning(self) -> list[str]:
        """Models that learn from states."""
        return self.having(stages.learns)

    @cached_property
    def curved(self) -> list[str]:
        """Models with a learned spline."""
        return self.having(stages.begins_at_spline)

    @cached_property
    def taught(self) -> list[str]:
        """Models with a teacher."""
        return self.having(stages.is_taught)

    @cached_property
    def stepped(self) -> list[str]:
        """Models whose number of steps is chosen."""
        return self.having(stages.chooses_steps)

    @cached_property
    def anchors(self) -> dict[str, list[str]]:
        """Models by the label of their anchors."""
        return self.sharing(stages.anchor_label, list(self.settings))

    @cached_property
    def teachers(self) -> dict[str, list[str]]:
        """Models by the label of their teacher."""
        return self.sharing(stages.teacher_label, self.taught)

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """Models by the label of their choice of width and smoothing."""
        return self.sharing(stages.choice_label, self.learning)

    @cached_property
    def splines(self) -> dict[str, list[str]]:
        """Models by the label of their learned spline."""
        return self.sharing(stages.spline_label, self.curved)

    def anchors_in(self, jobs: str) -> list[str]:
        """Labels of the anchors with a value of `anchors.jobs`."""
        return [label for label, users in self.anchors.items() if self.shared(users).anchors.jobs == jobs]

    # Files of models.

    def released_of(self, model: str) -> list[str]:
        """Files of the released code that replace a model's training; empty for other models."""
        folder = self.settings[model].released.folder
        return [*map(str, anchor_files(folder).values()), str(Path(folder, FIELD))] if folder else []

    def anchors_of(self, model: str) -> str:
        """Folder of a model's anchors."""
        return f"results/{{dataset}}/anchors/{stages.anchor_label(self.settings[model])}/seed{{seed}}"

    def graph_of(self, model: str) -> str:
        """A model's weight graph."""
        return f"{self.anchors_of(model)}/weight_graph.safetensors"

    def teacher_of(self, model: str) -> str | list[str]:
        """A model's teacher; [] without one."""
        label = stages.teacher_label(self.settings[model])
        return f"results/{{dataset}}/teachers/{label}/teacher.json" if model in self.taught else []

    def choice_of(self, model: str) -> str | list[str]:
        """The choice of a model's width and smoothing; [] without one."""
        label = stages.choice_label(self.settings[model])
        return f"results/{{dataset}}/choices/{label}/choice.json" if model in self.learning else []

    def spline_of(self, model: str) -> str | list[str]:
        """A model's learned spline; [] without one."""
        label = stages.spline_label(self.settings[model])
        return f"results/{{dataset}}/splines/{label}/seed{{seed}}/spline.safetensors" if model in self.curved else []

    def path_of(self, model: str) -> str | list[str]:
        """A model's latent path; [] without one."""
        return f"{RUN}/latent_path.safetensors".replace("{model}", model) if model in self.driven else []

    def weights_of(self, model: str) -> dict[str, str]:
        """The files that a model's weights at any time are computed from, by the names of `WeightFiles`."""
        field = f"{RUN}/dynamics.safetensors".replace("{model}", model) if model in self.fields else []
        files = {"graph": self.graph_of(model), "curve": self.spline_of(model), "path": self.path_of(model)}
        return {name: file for name, file in {**files, "dynamics": field}.items() if isinstance(file, str)}

    def width_of(self, anchors: str) -> str | list[str]:
        """The choice of the anchors' width; [] if the width is given."""
        model = self.anchors[anchors][0]
        return self.choice_of(model) if stages.chooses_backbone(self.settings[model]) else []

    def start_of(self, anchors: str) -> str | list[str]:
        """The common start of anchors that are trained in separate jobs; [] without one."""
        common = ALIGNMENTS[self.shared(self.anchors[anchors]).anchors.alignment].common_start
        return "results/{dataset}/anchors/{anchors}/seed{seed}/start.safetensors" if common else []

    def place_of(self, model: str) -> str:
        """Folder above the data set of a model or baseline; interpolations belong to the run, with its first model."""
        return self.folder if model in predicted_by("interpolation") else ROOT

    def run_of(self, dataset: str, model: str, seed: int) -> str:
        """Folder of a model or baseline on a data set or a fold, with one seed."""
        return f"{self.place_of(model)}/{dataset}/runs/{model}/seed{seed}"

    def prediction_of(self, model: str) -> str:
        """The prediction of a model or baseline with the first seed."""
        return f"{self.run_of('{dataset}', model, self.seeds[0])}/prediction.safetensors"

    # Data sets.

    def dataset(self, name: str) -> DatasetEntry:
        """Settings of a data set, or of the data set of a fold."""
        return self.config.datasets[fold_of(name).dataset]

    def file_settings(self, dataset: str) -> Plain:
        """The settings by which a data set's files are read."""
        return {
            name: value for name, value in self.dataset(dataset).plain().items() if name in FileSettings.model_fields
        }

    def own_files(self, dataset: str) -> list[str]:
        """A data set's own files."""
        return as_files(self.dataset(dataset).file)

    def system_file(self, dataset: str) -> Path | None:
        """The file of a data set's system."""
        system = self.dataset(dataset).system
        return system_file(system, self.systems) if system else None

    def system_files(self, dataset: str) -> list[Path]:
        """The file of a data set's system, then the SBML model named in it, if any."""
        system = self.system_file(dataset)
        return files_of(system) if system else []

    def titled_system(self, dataset: str) -> str:
        """Title and file of a data set's system, for the report; empty without a system."""
        if (system := self.dataset(dataset).system) is None:
            return ""
        file = system if is_path(system) else f"resources/systems/{system}.yaml"
        title = read_entries(system_file(system, self.systems)).title
        return f"{title}, {file}" if title else file

    def simulated(self, dataset: str) -> SimulatedParts:
        """Numbers of trajectories to simulate for a data set."""
        settings = self.dataset(dataset)
        cells, system = None, self.system_file(dataset)
        if system and not settings.file and isinstance(entries := read_entries(system), DiffusionFile):
            where = f"datasets.{dataset}"
            is_observed = observed_times(np.arange(entries.grid.points, dtype=float), settings, where)
            cells = training_sizes(is_observed, settings, where)
        return SimulatedParts(0 if settings.file else settings.trajectories, int(heldout_amount(settings)), cells)

    def sources(self) -> dict[str, list[Path]]:
        """Each data set's own files, then those of its system."""
        return {name: [*map(Path, self.own_files(name)), *self.system_files(name)] for name in self.datasets}

    def is_simulated(self, dataset: str) -> bool:
        """Whether a data set's training or held-out part is simulated."""
        settings = self.dataset(dataset)
        return not settings.file or heldout_amount(settings) >= 1

    def source_of(self, dataset: str) -> str:
        """A data set's file or files, or the name of its system if it is simulated."""
        return ", ".join(self.own_files(dataset)) or str(self.dataset(dataset).system)

    def matrix_of(self, dataset: str) -> str:
        """Name of the .h5ad matrix with a data set's states; predictions are written to the same matrix."""
        annotated = any(READERS[format_of(path)].annotated for path in self.own_files(dataset))
        return self.dataset(dataset).matrix if annotated else "X"

    def has_exact_law(self, dataset: str) -> bool:
        """Whether the workflow tries to solve a data set's system exactly; scaled states have other units than it."""
        settings = self.dataset(dataset)
        is_scaled = settings.scale != "none" or settings.components is not None
        return bool(settings.system and self.config.evaluation.exact.max_states and not is_scaled)

    def law_of(self, dataset: str) -> str | list[str]:
        """The exact law of a data set and its folds, whose file may mark it as unknown; [] if it is not requested."""
        return f"results/{fold_of(dataset).dataset}/exact_law.safetensors" if self.has_exact_law(dataset) else []

    @cached_property
    def questioned(self) -> list[str]:
        """Data sets with questions."""
        return [name for name in self.datasets if self.dataset(name).questions]

    @cached_property
    def scored(self) -> list[str]:
        """Data sets with states to score."""
        return [name for name in self.datasets if self.dataset(name).score]

    def answers_of(self, dataset: str) -> str | list[str]:
        """The answers to a data set's questions; [] without questions."""
        return f"{self.folder}/{dataset}/answers.csv" if self.dataset(dataset).questions else []

    def scores_of(self, dataset: str) -> str:
        """The scored states of a data set."""
        kind = format_of(self.dataset(dataset).score or "").removesuffix(".gz").removeprefix(".")
        return f"{self.folder}/{dataset}/scores.{kind}"

    def motion_of(self, model: str) -> str:
        """The described motion of a model, with the first seed."""
        return f"{self.run_of('{dataset}', model, self.seeds[0])}/motion.safetensors"

    def bands_of(self, model: str) -> str:
        """The bands of a model, from all seeds."""
        return f"results/{{dataset}}/runs/{model}/bands.safetensors"

    def recommended_of(self, dataset: str) -> str:
        """States of the method that the run's evidence recommends."""
        return f"{self.folder}/{dataset}/recommended.{self.config.prediction.format}"

    @cached_property
    def fitted(self) -> list[tuple[str, int, list[str]]]:
        """Each model with each seed, and what its files are (`weights_of`)."""
        return [(model, seed, list(self.weights_of(model))) for model in self.models for seed in self.seeds]

    @cached_property
    def landscapes(self) -> list[str]:
        """Data sets whose system is an adaptive walk with a fitness landscape that can be drawn."""
        return [name for name in self.datasets if (system := self.system_file(name)) and is_map(system)]

    @cached_property
    def catalogue(self) -> dict[str, DataSet]:
        """Data sets of images that are tasks of populations, by name."""
        return read_catalogue(self.home / "resources" / "tasks.yaml")

    def downloads(self, is_there: Callable[[str], bool]) -> dict[str, tuple[str, str | None]]:
        """URLs and checksums of missing files of data sets and tasks, by path."""
        sources = [source for task in self.catalogue.values() for source in task.files.values()]
        found: dict[str, tuple[str, str | None]] = {str(s.path): (s.url, s.sha256) for s in sources}
        for chosen in self.config.datasets.values():
            files, urls = as_files(chosen.file), as_files(chosen.url)
            sums: Sequence[str | None] = as_files(chosen.sha256) or [None] * len(urls)
            if urls:
                found |= {file: (url, sha) for file, url, sha in zip(files, urls, sums, strict=True)}
        return {file: source for file, source in found.items() if not is_there(file)}

    def asked_of(self, dataset: str) -> Asked:
        """The models, baselines and times that are asked of a data set."""
        return Asked(
            models=models_on(dataset, self.config),
            baselines=self.baselines,
            times=self.config.prediction.times or (),
            leave_one_out=self.config.evaluation.leave_one_out and fold_of(dataset).left_out is None,
            questions=self.dataset(dataset).questions,
        )

    # Runs: everything that predicts a data set.

    def floors(self, dataset: str) -> list[str]:
        """Floors of a data set: the resampled one, and the independent one if there is a held-out part."""
        return floors_of(second_part=heldout_amount(self.dataset(dataset)) > 0)

    def runs(self, dataset: str) -> list[str]:
        """Models, baselines and floors of a data set, in the order of the tables."""
        return [*self.models, *self.baselines, *self.floors(dataset)]

    @property
    def judged(self) -> list[str]:
        """Models and baselines; they also predict the folds."""
        return [*self.models, *self.baselines]

    def timed_stages(self, dataset: str, model: str) -> dict[str, StageJob]:
        """The job of each stage of a run, by the stage's name."""
        folder, place = f"{ROOT}/{dataset}", f"{self.place_of(model)}/{dataset}"
        spent, made = f"{place}/benchmarks/{model}", f"{place}/runs/{model}/seed{{seed}}"
        own, settings = f"{spent}/seed{{seed}}", self.settings.get(model)
        found: dict[str, tuple[str, str | None]] = {}
        if self.is_simulated(dataset):
            found["simulate"] = f"{folder}/benchmarks/simulate_system.tsv", None
        found["prepare"] = f"{folder}/benchmarks/prepare_snapshots.tsv", None
        if uses := settings or (self.settings[self.models[0]] if model in predicted_by("interpolation") else None):
            label = stages.anchor_label(uses)
            anchors = f"{folder}/benchmarks/anchors/{label}"
            trained = f"{folder}/anchors/{label}/seed{{seed}}/snapshots"
            of_all = label in self.anchors_in("all_seeds")
            found["anchors"] = f"{anchors if of_all else f'{anchors}/seed{{seed}}'}/train_anchors.tsv", trained
            found["weight_graph"] = f"{anchors}/seed{{seed}}/build_weight_graph.tsv", None
        if model in self.driven:
            found["latent_path"] = f"{own}/fit_latent_path.tsv", f"{made}/latent_path.safetensors"
        if settings and model in self.taught:
            label = stages.teacher_label(settings)
            found["teacher"] = f"{folder}/benchmarks/teachers/{label}/choose_teacher.tsv", None
        if settings and model in self.learning:
            at = f"choices/{stages.choice_label(settings)}"
            found["smoothing"] = f"{folder}/benchmarks/{at}/choose_smoothing.tsv", f"{folder}/{at}/choice.json"
        if settings and model in self.curved:
            at = f"splines/{stages.spline_label(settings)}/seed{{seed}}"
            found["spline"] = f"{folder}/benchmarks/{at}/fit_spline.tsv", f"{folder}/{at}/spline.safetensors"
        if model in predicted_by("own"):
            found[model] = f"{own}/fit_{model}.tsv", f"{made}/{model}.safetensors"
        if model in self.stepped:
            found["steps"] = f"{own}/choose_steps.tsv", f"{made}/steps.json"
        if model in self.fields:
            found["dynamics"] = f"{own}/fit_dynamics.tsv", f"{made}/dynamics.safetensors"
        of_all = settings is None and model not in predicted_by("own")
        found["predict"] = f"{spent if of_all else own}/predict.tsv", f"{made}/prediction.safetensors"
        found["evaluate"] = f"{spent}/evaluate_predictions.tsv", None
        together = ("anchors", "predict", "evaluate")  # stages with one job for all seeds, for some runs
        return {
            stage: StageJob(file, made, len(self.seeds) if stage in together and "{seed}" not in file else 1)
            for stage, (file, made) in found.items()
        }

    @cached_property
    def timed(self) -> list[TimedStage]:
        """Every stage of every run."""
        return [
            TimedStage(
                dataset,
                model,
                seed,
                stage,
                job.benchmark.format(seed=seed),
                job.artefact and job.artefact.format(seed=seed),
                job.seeds,
            )
            for dataset in self.datasets
            for model in self.runs(dataset)
            for seed in self.seeds
            for stage, job in self.timed_stages(dataset, model).items()
        ]

    @cached_property
    def estimated(self) -> list[EstimatedStage]:
        """The stages of the models; jobs that models share count for the first of them."""
        found, known = [], set()
        for dataset, model in product(self.datasets, self.models):
            for stage, job in self.timed_stages(dataset, model).items():
                if stage not in ("simulate", "prepare"):
                    shared = job.benchmark in known
                    jobs = 0 if shared else len(self.seeds) if "{seed}" in job.benchmark else 1
                    found.append(EstimatedStage(dataset, model, stage, jobs, job.seeds))
                    known.add(job.benchmark)
        return found

    # Tables and figures.

    @cached_property
    def levels(self) -> list[Level]:
        """Rows of the ablation study."""
        return ablation_levels(self.config)

    @cached_property
    def factors(self) -> list[str]:
        """Factors of the ablation study, or their combinations."""
        return list(dict.fromkeys(level.factor for level in self.levels if level.factor != BASE))

    @cached_property
    def sample_sizes(self) -> list[Size]:
        """Levels of the factors that change nothing but the share of the training states, in two sizes or more."""
        found = []
        for factor, levels in self.config.ablations.factors.items():
            shares = {level: share_alone(changes) for level, changes in levels.items()}
            if None not in shares.values() and len(set(shares.values())) > 1:
                own = {level.level: level.model for level in self.levels if level.factor == factor}
                found += [
                    Size(factor, name, own[name], share) for name, share in shares.items() if name in own and share
                ]
        return found

    @cached_property
    def studied(self) -> list[str]:
        """Data sets of the ablation study."""
        return list(self.config.ablations.datasets or self.datasets) if self.levels else []

    @cached_property
    def ablated(self) -> list[str]:
        """Runs of the ablation study."""
        return list(dict.fromkeys(level.model for level in self.levels))

    @cached_property
    def published(self) -> dict[str, str]:
        """The system of each data set whose system has published results."""
        with (self.home / "resources" / "published.csv").open(encoding="utf-8") as file:
            known = {row["system"] for row in csv.DictReader(line for line in file if not line.startswith("#"))}
        # Published results cover all times, so data sets that hold times back are left out.
        found = {name: own.system or "" for name, own in self.config.datasets.items() if not own.hold_back}
        return {name: system for name, system in found.items() if system in known}

    @property
    def overlaid(self) -> list[str]:
        """Runs whose distributions figures lay over each other."""
        return [*self.models, *(name for name in self.baselines if BASELINES[name].overlaid)]

    @property
    def moving(self) -> list[str]:
        """Runs whose weights move: the models and the interpolations of anchors."""
        return [*self.models, *(name for name in self.baselines if name in predicted_by("interpolation"))]

    def sized_models(self) -> list[str]:
        """Models of the comparison of sizes: all models, and the first variant with each further backbone."""
        found = {self.settings[model].backbone.kind: model for model in reversed(self.settings)}
        return list(dict.fromkeys([*self.models, *found.values()]))

    def shown_model(self, dataset: str) -> str:
        """The model of the first page and of figures of a single model; without models the first baseline."""
        return self.config.figures.model or self.runs(dataset)[0]

    @property
    def described(self) -> list[str]:
        """Data sets whose motion and bands are shown: all, if there are models."""
        return self.datasets if self.models else []

    def whole_run(self) -> list[str]:
        """The files of the default target."""
        names = ("report.html", "metrics.csv", "summary.csv", "runtime.csv", "settings.yaml")
        return [f"{self.folder}/{name}" for name in names]

    def teachers_chosen(self, dataset: str) -> list[ChoiceFiles]:
        """The choices of teachers for a data set's models, without ablations."""
        return [choice for choice in self.chosen(dataset) if choice.kind == "teacher"]

    def figures(self, dataset: str) -> list[str]:
        """Figures of a data set, in the order of the report."""
        of = {
            "dataset": [{"dataset": dataset}],
            "run": [{"dataset": dataset, "model": self.shown_model(dataset)}],
            "model": [{"dataset": dataset, "model": model} for model in self.models],
        }
        there = {
            "left-out snapshots": self.config.evaluation.leave_one_out,
            "real values": self.dataset(dataset).kind == "continuous",
            "landscape": dataset in self.landscapes,
            "latent paths": bool(self.among_models(self.driven)),
            "models": bool(self.models),
            "questions": dataset in self.questioned and bool(self.models),
            "teachers": bool(self.among_models(self.taught)),
        }
        return figure_files(self.folder, of, [what for what, is_there in there.items() if is_there])

    def ablation_figures(self, dataset: str) -> list[str]:
        """Figures of the ablation study on a data set: one for each factor, a further one if it is a sample size."""
        factors, sized = self.factors if dataset in self.studied else [], {size.factor for size in self.sample_sizes}
        of = {
            scope: [
                {"dataset": dataset, "factor": factor} for factor in factors if scope == "factor" or factor in sized
            ]
            for scope in ("factor", "size")
        }
        return figure_files(self.folder, of)

    def overall_figures(self) -> list[str]:
        """Figures over all data sets."""
        there = {"published": self.published, "models": self.models}
        return figure_files(self.folder, {"overall": [{}]}, [what for what, found in there.items() if found])

    def among_models(self, names: Sequence[str]) -> list[str]:
        """The names that are models of the configuration, without ablations; figures show these."""
        return [model for model in self.models if model in names]

    def chosen(self, dataset: str) -> list[ChoiceFiles]:
        """All choices for a data set's models, without ablations."""
        folder, found = f"results/{dataset}", []
        for label, users in self.sharing(stages.teacher_label, self.among_models(self.taught)).items():
            at = f"{folder}/teachers/{label}"
            found.append(ChoiceFiles("teacher", users, None, f"{at}/teacher.json", f"{at}/scores.csv"))
        for label, users in self.sharing(stages.choice_label, self.among_models(self.learning)).items():
            at = f"{folder}/choices/{label}"
            found.append(ChoiceFiles("smoothing", users, None, f"{at}/choice.json", f"{at}/scores.csv"))
        for model in self.among_models(self.stepped):
            for seed in self.seeds:
                at = f"{folder}/runs/{model}/seed{seed}"
                found.append(ChoiceFiles("steps", [model], seed, f"{at}/steps.json", f"{at}/steps.csv"))
        return found
