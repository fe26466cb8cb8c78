"""Checks of settings against each other.

This module neither reads data nor imports torch, so a wrong key is reported at once.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from weightflow.anchors.registry import ALIGNMENTS
from weightflow.anchors.settings import AnchorSettings
from weightflow.baselines.registry import ending, is_model, predicted_by
from weightflow.config.ablation_plan import is_studied, variant_key, variant_name, variants
from weightflow.config.figure_text import check_label
from weightflow.config.paths import missing
from weightflow.config.settings import Configuration, DatasetEntry
from weightflow.config.stages import chooses_backbone, ends, is_taught, learns, listed_key
from weightflow.data.folds import fold_of
from weightflow.data.preparation import check_observed, heldout_amount, observed_times, training_sizes
from weightflow.data.settings import DatasetSettings
from weightflow.dynamics.presets import PUBLISHED
from weightflow.dynamics.registry import MIXERS, PATH_METHODS
from weightflow.dynamics.settings import DynamicsSettings, ModelSettings, PathSettings
from weightflow.errors import InputError, shown, unknown
from weightflow.evaluation.ablation_level import BASE
from weightflow.formats.reading import as_files, format_of, unknown_format
from weightflow.formats.registry import READERS, TABLES
from weightflow.networks.registry import BACKBONES
from weightflow.networks.released_names import FIELD
from weightflow.networks.settings import BackboneSettings
from weightflow.networks.variable_order import variable_order
from weightflow.records.record import ROOT
from weightflow.systems.builtin import find_system, system_file
from weightflow.systems.entries import data_kind, files_of, is_path
from weightflow.systems.events import check_form, compile_questions
from weightflow.teaching.registry import MEMBERS

_FOLDERS = ("benchmarks", "figures", "logs", "populations", "provenance", "refused")  # in `results`
_NOT_FOR_DATA = (ROOT, "envs", "profiles", "workflow")  # folders refused for downloads


def check_consistency(config: Configuration, systems: Path, source: str, folders: Sequence[Path] = ()) -> None:
    """Refuse settings that contradict each other or name unknown models and data sets.

    Args:
        config: complete, with defaults.
        systems: folder of the built-in systems.
        source: the config files' names.
        folders: of the config files, for messages.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    if config.name in _FOLDERS:
        raise InputError(
            f"{source}: name: the run is called {config.name}, and results/{config.name} is the workflow's own; give "
            "another name."
        )
    for name, settings in config.datasets.items():
        if fold_of(name)[1] is not None:
            raise InputError(f"{source}: datasets.{name}: names with this ending are those of folds; choose another.")
        if name in _FOLDERS:
            raise InputError(f"{source}: datasets.{name}: results/{name} is the workflow's own; choose another name.")
        check_dataset(settings, systems, f"{source}: datasets.{name}", folders)
        _check_asked(settings, f"{source}: datasets.{name}")
    for name, model in config.models.items():
        check_model(model, config.datasets, systems, f"{source}: models.{name}")
    if clash := [name for name in config.models if not is_model(name)]:
        raise InputError(f"{source}: models.{clash[0]} has the name of a baseline; rename the model.")
    interpolations = predicted_by("interpolation")
    if set(config.baselines or ()) & set(interpolations) and not config.models:
        raise InputError(f"{source}: baselines: {' and '.join(interpolations)} need the anchors of a model.")
    for name, settings in config.datasets.items():
        if settings.hold_back and (ended := ending(config.baselines or ())):
            raise InputError(
                f"{source}: baselines: data set {name} holds back its last times (hold_back: {settings.hold_back}), "
                f"and {', '.join(ended)} {'ends' if len(ended) == 1 else 'end'} at the last snapshot; remove them, "
                "or set baselines: null."
            )
    if (shown := config.figures.model) and shown not in config.models:
        raise InputError(f"{source}: figures.model: {unknown('model', shown, config.models)}")


def check_files(config: Configuration, source: str, folders: Sequence[Path] = ()) -> None:
    """Refuse missing files: of data sets without a url, and those that a model's training starts from.

    It is not called for a module of another workflow, whose rules may make the files, nor for saved results.

    Args:
        config: complete, with defaults.
        source: the config files' names.
        folders: of the config files, for messages.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    for name, settings in config.datasets.items():
        for file in [] if settings.url else as_files(settings.file):
            if not os.path.isfile(file):
                raise InputError(f"{source}: datasets.{name}.file: {missing(file, folders)}; check the path.")
        if (score := settings.score) and not os.path.isfile(score):
            raise InputError(f"{source}: datasets.{name}.score: {missing(score, folders)}; check the path.")
    models = {f"models.{name}": settings for name, settings in config.models.items()}
    models |= {variant_key(chosen): settings for chosen, settings in variants(config)}
    for key, model in models.items():
        start = model.training.start_from
        check_braces(start or "", f"{source}: {key}.training.start_from")
        if start and not os.path.isfile(start):
            raise InputError(f"{source}: {key}.training.start_from: {missing(start, folders)}; check the path.")
        folder = model.released.folder
        check_braces(folder or "", f"{source}: {key}.released.folder")
        if folder and not os.path.isfile(field := os.path.join(folder, FIELD)):
            raise InputError(f"{source}: {key}.released.folder: {missing(field, folders)}; check the path.")
        if folder and config.evaluation.leave_one_out:
            raise InputError(
                f"{source}: {key}.released.folder: the released anchors are of all snapshots, and "
                "evaluation.leave_one_out leaves some out; remove the model, or set leave_one_out: false."
            )


def check_systems(config: Configuration, systems: Path, source: str) -> None:
    """Refuse faulty system files, states outside of the data set's range, and too few snapshots.

    Args:
        config: complete, with defaults.
        systems: folder of the built-in systems.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    from weightflow.systems import reading as networks  # takes most of a second, and every job reads the settings

    found = {path: networks.read_system(path) for path in used_systems(config, systems)}
    for path in found:
        for file in files_of(path):
            check_braces(file, str(path))
    for name, settings in config.datasets.items():
        if settings.system:
            system, where = found[system_file(settings.system, systems)], f"{source}: datasets.{name}"
            networks.check_start(system, settings.states, where)
            if not settings.file:
                networks.check_trajectories(system, settings.trajectories, f"{where}.trajectories")
            if (heldout := heldout_amount(settings)) >= 1:
                networks.check_trajectories(system, int(heldout), f"{where}.heldout")
            is_observed = observed_times(np.arange(system.points, dtype=float), settings, where)
            check_observed(is_observed, where)
            if not settings.file:
                sizes = training_sizes(is_observed, settings, where)
                networks.check_trajectories(system, max(sizes), f"{where}.cells")
            compile_questions(settings.questions, system.species, where)


def check_model(settings: ModelSettings, datasets: Mapping[str, DatasetSettings], systems: Path, where: str) -> None:
    """Refuse a model's settings that contradict each other or the data sets that it is fitted to.

    Args:
        settings: the model's, with defaults.
        datasets: their settings, by name.
        systems: folder of the built-in systems.
        where: the file and the key, for messages.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    listed = listed_key(settings.backbone)
    if listed and not learns(settings):
        raise InputError(
            f"{where}.backbone.{listed}: only models that learn from states choose their backbone, and this one learns "
            "from anchors; give one value, or set dynamics.start: spline or training.behavioural."
        )
    if chooses_backbone(settings) and settings.anchors.jobs == "all_seeds":
        key = listed or "hidden"
        raise InputError(
            f"{where}.anchors.jobs: the backbone is chosen (backbone.{key}: {getattr(settings.backbone, key)}), and "
            "all_seeds trains backbones of one size side by side; give one value, or set jobs: together."
        )
    _check_backbone(settings.backbone, datasets, systems, f"{where}.backbone")
    _check_anchors(settings.anchors, f"{where}.anchors")
    _check_mixer(settings.dynamics, f"{where}.dynamics")
    _check_fit(settings, where)
    _check_path(settings.path, f"{where}.path")
    if ends(settings) and (holding := [name for name, dataset in datasets.items() if dataset.hold_back]):
        raise InputError(
            f"{where}.continuation.path: data set {holding[0]} holds back its last times (hold_back: "
            f"{datasets[holding[0]].hold_back}), and a CDE ends where its latent path does; set constant or linear, "
            "or leave the model out."
        )
    _check_teacher(settings.teacher.members, datasets, f"{where}.teacher.members")


def _check_teacher(members: Sequence[str] | None, datasets: Mapping[str, DatasetSettings], where: str) -> None:
    for name, dataset in datasets.items():
        if members and not any(dataset.kind in MEMBERS[member].kinds for member in members):
            raise InputError(
                f"{where}: {', '.join(members)} teaches no data set of kind {dataset.kind}, as {name} is; add another "
                "member, or leave it null."
            )
        if members and not dataset.system and all(MEMBERS[member].of_systems for member in members):
            raise InputError(
                f"{where}: {', '.join(members)} needs a system, and data set {name} has none; add another member, or "
                "leave it null."
            )


def check_ablations(config: Configuration, source: str) -> None:
    """Refuse an ablation study with unknown models, factors or data sets, or with names of variants already in use.

    Args:
        config: complete, with defaults; `check_variants` checks the variants' own settings.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    study, models = config.ablations, config.models
    where, factors = f"{source}: ablations", study.factors
    if study.base and study.base not in models:
        raise InputError(f"{where}.base: {unknown('model', study.base, models)}")
    if study.cross and study.bases:
        raise InputError(f"{where}.bases: crossed factors change one model together; leave out bases, or cross.")
    for section, named in (("bases", study.bases), ("labels", study.labels)):
        for factor in named:
            if factor not in factors:
                raise InputError(f"{where}.{section}: {unknown('factor', factor, factors)}")
    for factor, label in study.labels.items():
        check_label(label, f"{where}.labels.{factor}")
    for factor, base in study.bases.items():
        if base not in models:
            raise InputError(f"{where}.bases.{factor}: {unknown('model', base, models)}")
    for dataset in study.datasets or []:
        if dataset not in config.datasets:
            raise InputError(f"{where}.datasets: {unknown('data set', dataset, config.datasets)}")
    if BASE in factors:
        raise InputError(f"{where}.factors.{BASE}: this is what tables call the base model; rename the factor.")
    taken = {*models, *(config.baselines or ())}
    for chosen, _ in variants(config, source):
        name = variant_name(chosen)
        if name in taken:
            raise InputError(
                f"{where}.factors: a level of {chosen[0][0]} has the run {name}, which is also the run of another "
                "level, a model or a baseline; rename one of them."
            )
        taken.add(name)


def check_variants(config: Configuration, systems: Path, source: str) -> None:
    """Refuse variants of an ablation study whose settings contradict each other or the data sets of the study.

    Args:
        config: complete, with defaults.
        systems: folder of the built-in systems.
        source: the config files' names.

    Raises:
        InputError: naming the file, the level or the combination of levels, the key and the fix.
    """
    datasets = {name: chosen for name, chosen in config.datasets.items() if is_studied(name, config)}
    for chosen, model in variants(config):
        check_model(model, datasets, systems, f"{source}: {variant_key(chosen)}")


def used_systems(config: Configuration, systems: Path) -> list[Path]:
    """Files of the data sets' systems, each once."""
    return [system_file(system, systems) for system in _systems(config)]


def systems_by_path(config: Configuration) -> list[str]:
    """The data sets' systems that are given as paths, each once."""
    return [system for system in _systems(config) if is_path(system)]


def _systems(config: Configuration) -> list[str]:
    return list(dict.fromkeys(settings.system for settings in config.datasets.values() if settings.system))


def _check_backbone(
    settings: BackboneSettings, datasets: Mapping[str, DatasetSettings], systems: Path, where: str
) -> None:
    heads = settings.heads
    for width in settings.widths(1):
        if "heads" in BACKBONES[settings.kind].keys and width % heads:
            raise InputError(f"{where}.hidden: {heads} heads do not divide the width {width}; change one of them.")
    if settings.levels and isinstance(settings.softmax_up_to, tuple):
        raise InputError(
            f"{where}.softmax_up_to: is a list to choose from, and levels gives one softmax; leave out one of them."
        )
    for name, dataset in datasets.items():
        if settings.levels and dataset.kind == "continuous":
            raise InputError(
                f"{where}.levels: data set {name} has real values, and levels counts them; for real values the paper "
                "gives neither its number of Gaussians nor its training, so set preset: standard, or levels: null and "
                "those of your choice."
            )
        if isinstance(settings.order, tuple) and (variables := _known_variables(dataset, systems)):
            variable_order(settings, variables, f"{where}.order, data set {name}")


def _known_variables(dataset: DatasetSettings, systems: Path) -> Sequence[str] | None:
    """Names of a data set's variables; None if the configuration does not give them."""
    if dataset.file:
        return dataset.variables if isinstance(dataset.variables, tuple) else None
    from weightflow.systems.reading import read_system  # takes most of a second, and every job reads the settings

    return read_system(system_file(str(dataset.system), systems)).species


def _check_anchors(settings: AnchorSettings, where: str) -> None:
    alignment, separate = settings.alignment, [name for name, own in ALIGNMENTS.items() if own.separate]
    if settings.jobs == "per_snapshot" and alignment not in separate:
        raise InputError(
            f"{where}.jobs: {alignment} anchors depend on each other in training and cannot be trained in separate "
            f"jobs; set jobs: together, or alignment to one of {', '.join(separate)}."
        )
    if settings.sampling == "rounds" and alignment != "sequential":
        raise InputError(
            f"{where}.sampling: {alignment} anchors are trained side by side, with batches of equal sizes; set "
            "sampling: drawn, or alignment: sequential."
        )
    if settings.settled and alignment not in separate:
        raise InputError(
            f"{where}.settled: {alignment} anchors depend on each other in training and cannot stop one by one; "
            f"set settled: null, or alignment to one of {', '.join(separate)}."
        )


def _check_mixer(settings: DynamicsSettings, where: str) -> None:
    """Refuse settings of other mixers, and heads that do not divide the width."""
    own = MIXERS[settings.mixer].keys
    for name, mixer in MIXERS.items():
        for key in mixer.keys:
            default = DynamicsSettings.model_fields[key].default
            if key not in own and getattr(settings, key) != default:
                raise InputError(
                    f"{where}.{key}: the mixer {settings.mixer} has no such setting; set mixer: {name}, or "
                    f"{key}: {default}."
                )
    if "heads" in own and settings.width % settings.heads:
        raise InputError(
            f"{where}: {settings.heads} heads do not divide the width {settings.width}; change one of them."
        )


def _check_fit(settings: ModelSettings, where: str) -> None:
    """Refuse settings of the field that have no effect or no meaning together."""
    dynamics, training, released = settings.dynamics, settings.training, settings.released.folder
    if settings.solver.prediction == "each_time" and settings.solver.method != "rk4":
        raise InputError(
            f"{where}.solver.prediction: {settings.solver.method} adapts its steps, and each_time gives those of rk4; "
            "set prediction: as_fitted, or method: rk4."
        )
    if training.restart and dynamics.start == "spline":
        raise InputError(
            f"{where}.training.restart: the clock of the spline that the field starts at cannot start again; set "
            "restart: false, or dynamics.start to rest or random."
        )
    if dynamics.kind != "spline" and is_taught(settings):
        for key in ("restart", "repeats"):
            if getattr(training, key):
                raise InputError(
                    f"{where}.training.{key}: with a teacher each step solves once through all snapshots, from the "
                    f"first one; set {key}: false, or teacher.members: []."
                )
    if settings.backbone.levels and learns(settings):
        raise InputError(
            f"{where}.backbone.levels: the model learns from states, which may have larger counts, and these get "
            "probability zero; set levels: null, or learn from anchors alone, as the preset published does."
        )
    if training.keep == "best" and (not training.structural or dynamics.start == "spline"):
        raise InputError(
            f"{where}.training.keep: best compares the distance from the anchors; set keep: last, or learn from "
            "anchors alone (training.structural above 0, dynamics.start: rest or random)."
        )
    if dynamics.span < 1 and settings.continuation.path:
        raise InputError(
            f"{where}.continuation.path: the latent path goes on after its own end at 1, and the last snapshot is at "
            f"dynamics.span: {dynamics.span:g}; set span: 1, or path: null."
        )
    if released and settings.anchors.jobs != "together":
        raise InputError(f"{where}.anchors.jobs: released anchors are read in one job; set jobs: together.")
    if released and (differs := _unlike_release(settings)):
        raise InputError(
            f"{where}.released.folder: the released field is that of other settings ({differs}); set preset: published."
        )


def _unlike_release(settings: ModelSettings) -> str:
    """The first key, with its value, by which a model cannot be that of released files; empty if there is none."""
    theirs = ModelSettings.of(PUBLISHED, "the preset")
    keys = (
        ("backbone", ("kind", "position")),
        ("dynamics", ("start", "mixer", "tokens", "norm", "activation", "clock", "identity", "scaled")),
    )
    for section, names in keys:
        own, expected = getattr(settings, section), getattr(theirs, section)
        for name in names:
            if getattr(own, name) != getattr(expected, name):
                return f"{section}.{name}: {getattr(own, name)}"
    return "dynamics.kind: spline" if settings.dynamics.kind == "spline" else ""


def _check_path(settings: PathSettings, where: str) -> None:
    decodes = PATH_METHODS[settings.method].decodes
    if settings.behavioural and not decodes:
        raise InputError(
            f"{where}.behavioural: {settings.method} decodes no weights, and the behavioural loss needs them; set "
            f"method: {' or '.join(name for name, own in PATH_METHODS.items() if own.decodes)}, or behavioural: 0."
        )
    if decodes and not settings.structural and not settings.behavioural:
        raise InputError(f"{where}: both losses of the auto-encoder have weight 0; raise structural or behavioural.")


def check_dataset(settings: DatasetSettings, systems: Path, where: str, folders: Sequence[Path] = ()) -> None:
    """Refuse settings of a data set that contradict each other.

    Args:
        settings: the data set's.
        systems: folder of the built-in systems.
        where: the file and the key, for messages.
        folders: of the config files, for messages.

    Raises:
        InputError: naming the key and the fix.
    """
    files, system = as_files(settings.file), settings.system
    if not files and not system:
        raise InputError(f"{where}: names neither a file nor a system; give one.")
    urls = as_files(settings.url)
    if urls and len(urls) != len(files):
        raise InputError(f"{where}.url: there are {len(urls)} urls for {len(files)} files; give one for each.")
    for file in files:
        check_braces(file, f"{where}.file")
        if urls:
            _check_target(file, where)
        if format_of(file) not in READERS:
            raise InputError(f"{where}.file: {shown(file)}: {unknown_format(file)}")
    if (sums := as_files(settings.sha256)) and len(sums) != len(files):
        raise InputError(f"{where}.sha256: there are {len(sums)} checksums for {len(files)} files; give one for each.")
    _check_kind(settings, where)
    if settings.cells is not None and not system:
        raise InputError(f"{where}.cells: only simulated cells of a diffusion have this key; remove it.")
    if settings.observe_at is not None and settings.observe_every != 1:
        raise InputError(f"{where}.observe_at: it replaces observe_every; leave one of them out.")
    check_label(settings.time_label, f"{where}.time_label")
    if system and system.endswith((".xml", ".sbml")):
        raise InputError(
            f"{where}.system: {system} has no grid of times; name it in a .yaml of kind sbml "
            "(resources/systems/README.md), and give that."
        )
    if system and not find_system(system, f"{where}.system", systems).is_file():
        raise InputError(f"{where}.system: {missing(system, folders)}; check the path.")
    if system:
        _check_made(settings, find_system(system, f"{where}.system", systems), where)
    amount = heldout_amount(settings)
    if amount >= 1 and (amount != int(amount) or not system):
        raise InputError(
            f"{where}.heldout: {amount} is a number of trajectories to simulate, which needs a system and a whole "
            "number; give a fraction below 1 to split the file."
        )
    if 0 < amount < 1 and not files:
        raise InputError(
            f"{where}.heldout: {amount} is a fraction, but there is no file to split; give a whole number."
        )
    if settings.reference == "heldout" and amount == 0:
        raise InputError(f"{where}.reference: there is no held-out part; set reference: training.")


def check_braces(path: str | Path, where: str) -> None:
    """Refuse a path with braces.

    Args:
        path: of a user's file.
        where: the key, for messages.

    Raises:
        InputError: the path has braces.
    """
    if set("{}") & {*str(path)}:
        raise InputError(f"{where}: {shown(path)} has braces, which Snakemake reads as a wildcard; rename the file.")


def _check_target(file: str, where: str) -> None:
    """Refuse a download to a path outside of the working folder, in a hidden folder or in one of the workflow's."""
    folder = os.path.relpath(file).split(os.sep)[0]
    inside = not os.path.isabs(folder) and not folder.startswith(".") and folder not in _NOT_FOR_DATA
    if not os.path.isfile(file) and (not inside or os.path.lexists(file)):
        raise InputError(
            f"{where}.file: {shown(file)} is fetched from its url, and its path must be free, in the working folder, "
            f"outside of hidden folders and of {', '.join(_NOT_FOR_DATA)}; name another, such as data/mine.csv."
        )


def _check_asked(settings: DatasetEntry, where: str) -> None:
    """Questions and states to score, as far as this is known without data."""
    for name, text in settings.questions.items():
        check_label(name, f"{where}.questions")
        if not text.strip():
            raise InputError(f"{where}.questions.{name}: there is no event; write one such as I > 20.")
        check_form(text, f"{where}.questions.{name}")
    if settings.score:
        check_braces(settings.score, f"{where}.score")
        if (kind := format_of(settings.score)) not in TABLES:
            raise InputError(
                f"{where}.score: a file of kind '{shown(kind)}' is no table; give one of {', '.join(TABLES)}."
            )


def _check_kind(settings: DatasetSettings, where: str) -> None:
    """Refuse keys that belong to the other kind."""
    continuous = settings.kind == "continuous"
    if continuous and settings.states:
        raise InputError(f"{where}.states: real values have no number of states; remove it.")
    if continuous and (settings.ranges or settings.relations != "found"):
        key = "ranges" if settings.ranges else "relations"
        raise InputError(f"{where}.{key}: only counts have this key; remove it.")
    for key, unset in (("scale", "none"), ("components", None)):
        if not continuous and getattr(settings, key) != unset:
            raise InputError(f"{where}.{key}: counts have no such key; remove it, or set kind: continuous.")


def _check_made(settings: DatasetSettings, system: Path, where: str) -> None:
    """Refuse real values from a system of counts, counts from a diffusion, and numbers of cells without one."""
    kind = data_kind(system)
    if settings.kind != kind:
        what = "counts" if kind == "discrete" else "real values"
        raise InputError(f"{where}.kind: the system {settings.system} makes {what}; set kind: {kind}.")
    if settings.cells is not None and (kind == "discrete" or settings.file):
        raise InputError(f"{where}.cells: only simulated cells of a diffusion have this key; remove it.")
