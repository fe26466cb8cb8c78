# The checked configuration, and the names that rules are wired with.
import os
import re
import sys
from copy import deepcopy
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config, validate


def unpacked(folder):
    """A copy of the whole repository of a folder on GitHub or GitLab, whose files Snakemake fetches one by one."""
    import shutil
    import tarfile
    from io import BytesIO

    repository = folder.hosted_repo.repo
    commit = repository.git.rev_parse(f"{folder.ref}^{{commit}}")
    home = Path(".snakemake", "weightflow").absolute()
    stamp = home / ".commit"
    if not stamp.is_file() or (workflow.is_main_process and stamp.read_text() != commit):
        shutil.rmtree(home, ignore_errors=True)
        archive = BytesIO()
        repository.archive(archive, commit)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as files:
            # Pythons before 3.11.4 have no filters.
            files.extractall(
                home, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {})
            )
        stamp.write_text(commit)
    return home


# The folder of this workflow; `workflow.basedir` is that of a Snakefile that imports it.
HERE = workflow.current_basedir
HOME = Path(HERE).parents[1] if isinstance(HERE, os.PathLike) else unpacked(HERE)
SCRIPTS = str((HOME / "workflow" / "scripts").resolve())
if SCRIPTS not in sys.path:
    sys.path.insert(0, SCRIPTS)
if not isinstance(HERE, os.PathLike):  # Snakemake fetches a script without the library beside it
    searched = [SCRIPTS, dict(os.environ).get("PYTHONPATH", "")]
    os.environ |= {"PYTHONPATH": os.pathsep.join(filter(None, searched))}
if HOME.is_relative_to(Path.cwd()):  # a clone that is moved must not look like other inputs
    HOME = HOME.relative_to(Path.cwd())
WORKFLOW = HOME / "workflow"
SYSTEMS = HOME / "resources" / "systems"
PUBLISHED = HOME / "resources" / "published.csv"
TASKS = HOME / "resources" / "tasks.yaml"

from weightflow import machine
from weightflow.baselines.registry import BASELINES, floors_of, predicted_by, standard_baselines
from weightflow.config import ablation_plan, consistency, stages
from weightflow.prediction.registry import EXPORT_FORMATS
from weightflow.data.folds import fold_name, fold_of, interior
from weightflow.data.preparation import heldout_amount
from weightflow.errors import InputError
from weightflow.evaluation.ablation_table import BASE
from weightflow.formats.reading import as_files
from weightflow.populations.tasks.catalogue import read_catalogue
from weightflow.records import integrity
from weightflow.records.digests import LIBRARY, code_digest
from weightflow.schema import check_schema, read_schema
from weightflow.systems.entries import is_map
from weightflow.yaml_files import read_config

MODULE = __name__  # that imports this workflow; None where it runs by itself
CONFIG_SOURCE = ", ".join(map(str, workflow.configfiles)) or "--config"
if MODULE:
    CONFIG_SOURCE = f"config of module {MODULE}"
    config = deepcopy(config)  # defaults are filled in, and it is the importing workflow's
    if "datasets" not in config:  # Snakemake passes over the `configfile:` of a module
        changes, config = config, yaml.safe_load((HOME / "config" / "config.yaml").read_text())
        update_config(config, changes)

# Not settings of a run: the result whose provenance is asked for (rule provenance), and whether figures are made from
# saved results, nothing being trained (profiles/figures).
ARTEFACT = config.pop("artefact", None)
FROM_SAVED = bool(config.pop("from_saved", False))

if str(LIBRARY.parent) != SCRIPTS:
    raise WorkflowError(
        f"{CONFIG_SOURCE}: a module of one Snakefile is from {SCRIPTS}, and another one from {LIBRARY.parent}; "
        "import both from the same place."
    )

try:
    SCHEMA = WORKFLOW / "schemas" / "config.schema.yaml"
    for config_file in workflow.configfiles:
        read_config(config_file)  # refuses what is more than data
    check_schema(config, read_schema(SCHEMA), CONFIG_SOURCE)
    validate(config, str(SCHEMA.resolve()))  # fills in the defaults
    if config["baselines"] is None:
        config["baselines"] = standard_baselines(config["datasets"])
    consistency.check_consistency(config, SYSTEMS, CONFIG_SOURCE)
    CATALOGUE = read_catalogue(TASKS)
    consistency.check_ablations(config, CONFIG_SOURCE)
    ABLATIONS = ablation_plan.ablation_models(config)
    check_schema(config | {"models": ABLATIONS}, read_schema(SCHEMA), f"{CONFIG_SOURCE}: ablations")
    consistency.check_variants(config, SYSTEMS, CONFIG_SOURCE)
    if not (
        MODULE or FROM_SAVED or ARTEFACT
    ):  # of a module, the rules of the importing workflow may make the files
        consistency.check_files(config, CONFIG_SOURCE)
    if (
        workflow.is_main_process and not FROM_SAVED
    ):  # once, and before anything trains; it takes a second
        consistency.check_systems(config, SYSTEMS, CONFIG_SOURCE)
    MAPS = {system for system in consistency.used_systems(config, SYSTEMS) if is_map(system)}
except InputError as fault:
    raise WorkflowError(str(fault)) from None


SNAPSHOTS = "results/{dataset}/snapshots.safetensors"  # the prepared data of a data set or a fold
SEEDS = config["seeds"]
FIRST_SEED = SEEDS[0]  # the one that figures show
SHOWN_TEACHERS = 10  # of the candidates of an interval, in figure and report
DATASETS = list(config["datasets"])
MODELS = list(config["models"])
SETTINGS = {**config["models"], **ABLATIONS}
LEVELS = ablation_plan.ablation_levels(config)
FACTORS = list(dict.fromkeys(level.factor for level in LEVELS if level.factor != BASE))
STUDIED = (config["ablations"]["datasets"] or DATASETS) if LEVELS else []
CDE_MODELS = [m for m in SETTINGS if SETTINGS[m]["dynamics"]["kind"] == "cde"]
DRIVEN = [m for m in MODELS if m in CDE_MODELS]  # of those that figures show


# Seconds that jobs on other machines, and the head of these, wait for files and their records to show.
PATIENCE = "60"
if workflow.remote_exec:
    os.environ |= {integrity.PATIENCE: PATIENCE}


# What jobs ask for. Functions, since Snakemake says only after it has read the rules where jobs will run.
def card(wildcards):
    """Cards of a job that can use one. Where it runs here and there is none, there is none to wait for either."""
    return int(not workflow.local_exec or machine.has_card())


def one_thread(wildcards):
    """The cores that a job asks for which computes with one thread."""
    if not workflow.local_exec:
        return 1
    return machine.cores_per_job(workflow.resource_settings.cores, machine.processors())


def beside_training(wildcards):
    """The cores that a small job asks for: here so many that few of them run beside a training and it is not starved."""
    return 4 if workflow.local_exec else 1


def training_memory(wildcards, input, attempt):
    """Mebibytes that a cluster keeps for a job on a card, twice as many after each failure.

    A million states of a hundred variables take five times the size of their file; libraries for cards some gibibytes.
    """
    return int(4000 + 6 * input.size_mb) * 2 ** (attempt - 1)


def training_minutes(wildcards, attempt):
    """Minutes after which a cluster ends a training, twice as many after each failure."""
    return 240 * 2 ** (attempt - 1)


def stage_minutes(wildcards, attempt):
    """Minutes after which a cluster ends any other stage, twice as many after each failure."""
    return 60 * 2 ** (attempt - 1)


def settings_of(dataset):
    """Settings of a data set, or of a fold of one, which names the snapshot that it leaves out."""
    name, fold = fold_of(dataset)
    return config["datasets"][name] | ({} if fold is None else {"fold": fold})


def floors(dataset):
    """Floors a data set has: against itself, and against an independent part where there is one."""
    return floors_of(bool(heldout_amount(settings_of(dataset))))


def runs(dataset):
    """Everything that predicts a data set, in the order of the tables."""
    return [*MODELS, *config["baselines"], *floors(dataset)]


def any_of(names):
    """Wildcard constraint: one of these names, or nothing at all."""
    return "|".join(names) or "(?!)"


def code(*sources):
    """Digest of a script and the library modules behind it, so that editing them reruns its rule; found when asked for."""
    return lambda wildcards: code_digest(*(WORKFLOW / "scripts" / source for source in sources))


def dataset_settings(wildcards):
    return settings_of(wildcards.dataset)


def model_settings(*sections):
    """The sections of a model's settings that a stage depends on, and no others."""
    return lambda wildcards: {s: SETTINGS[wildcards.model][s] for s in sections}


def anchors_of(model):
    """Folder pattern of a model's anchors; models with equal anchor settings share it."""
    label = stages.anchor_label(SETTINGS[model])
    return f"results/{{dataset}}/anchors/{label}/seed{{seed}}"


def having(trait):
    """Models with a trait of their settings."""
    return [model for model, chosen in SETTINGS.items() if trait(chosen)]


def sharing(label, models):
    """Models by the label of a stage they share, in order."""
    found = {}
    for model in models:
        found.setdefault(label(SETTINGS[model]), []).append(model)
    return found


FIELDS = having(lambda chosen: chosen["dynamics"]["kind"] != "spline")
LEARNERS = having(stages.learns)
SEEING = having(stages.sees_states)
CURVED = having(stages.begins_at_spline)
TAUGHT = having(stages.is_taught)
STEPPED = having(stages.chooses_steps)

ANCHORS = sharing(stages.anchor_label, SETTINGS)
TEACHERS = sharing(stages.teacher_label, TAUGHT)
CHOICES = sharing(stages.choice_label, LEARNERS)
SPLINES = sharing(stages.spline_label, CURVED)


def sharer(models):
    """Settings of the first of the models that share a stage; the stage's are the same for all of them."""
    return SETTINGS[models[0]]


# Labels of the anchors that are trained in each kind of job.
ANCHORS_IN = {
    jobs: [label for label, users in ANCHORS.items() if sharer(users)["anchors"]["jobs"] == jobs]
    for jobs in ("together", "all_seeds", "per_snapshot")
}


def teacher_of(model):
    """File pattern of a model's teacher, or nothing where it has none."""
    if model not in TAUGHT:
        return []
    return f"results/{{dataset}}/teachers/{stages.teacher_label(SETTINGS[model])}/teacher.json"


def choice_of(model):
    """File pattern of the choice of a model's width and smoothing, or nothing where there is none."""
    if model not in LEARNERS:
        return []
    return f"results/{{dataset}}/choices/{stages.choice_label(SETTINGS[model])}/seed{{seed}}/choice.json"


def spline_of(model):
    """File pattern of a model's learned spline, or nothing where it needs none."""
    if model not in CURVED:
        return []
    label = stages.spline_label(SETTINGS[model])
    return f"results/{{dataset}}/splines/{label}/seed{{seed}}/spline.safetensors"


def width_of(anchors):
    """File pattern of the choice that anchors take their width from, or nothing where it is given."""
    model = ANCHORS[anchors][0]
    return choice_of(model) if stages.chooses_width(SETTINGS[model]) else []


def driving_path(wildcards):
    """The latent path of a CDE model; the ODE needs none."""
    driven = wildcards.model in CDE_MODELS
    return "results/{dataset}/runs/{model}/seed{seed}/latent_path.safetensors" if driven else []


def is_there(file):
    """Whether a file is there, or made by a rule of another module."""
    return Path(file).is_file() or any(rule.is_producer(file) for rule in workflow.rules)


def downloads():
    """URLs and checksums of the files of data sets and tasks that are not there, by path."""
    tasks = [source for task in CATALOGUE.values() for source in task.files.values()]
    found = {str(source.path): (source.url, source.sha256) for source in tasks}
    for chosen in config["datasets"].values():
        files, urls = as_files(chosen["file"]), as_files(chosen["url"])
        sums = as_files(chosen["sha256"]) or [None] * len(urls)
        if urls:
            found |= {file: (url, sha) for file, url, sha in zip(files, urls, sums, strict=True)}
    return {file: source for file, source in found.items() if not is_there(file)}


DOWNLOADS = downloads()


def needs_simulation(dataset):
    """Whether a data set's training or held-out part is simulated."""
    return not dataset["file"] or heldout_amount(dataset) >= 1


def system_file(dataset):
    """The file of a data set's system, or none."""
    system = settings_of(dataset)["system"]
    return consistency.system_path(system, SYSTEMS) if system else None


def has_exact_law(dataset):
    """Whether a data set's system is known and its exact law is to be tried."""
    return bool(settings_of(dataset)["system"] and config["evaluation"]["exact"]["max_states"])


def law_file(dataset):
    """Where the exact law of a data set and of its folds is; the file may say that the law is unknown."""
    return f"results/{fold_of(dataset)[0]}/exact_law.safetensors"


def exact_law_of(wildcards):
    """The exact law's file, or nothing where none is to be tried."""
    return law_file(wildcards.dataset) if has_exact_law(wildcards.dataset) else []


wildcard_constraints:
    dataset=rf"(?:{any_of(DATASETS)})(?:-without-\d+)?",
    model=any_of(sorted({*SETTINGS, *(m for d in DATASETS for m in runs(d))})),
    anchors=any_of(ANCHORS),
    teacher=any_of(TEACHERS),
    choice=any_of(CHOICES),
    spline=any_of(SPLINES),
    seed=r"\d+",
