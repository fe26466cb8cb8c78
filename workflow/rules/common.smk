# The checked configuration, and the functions shared by the rules.
import os
import re
import shlex
import sys
import time
from collections import namedtuple
from copy import deepcopy
from itertools import product
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config


def unpacked(folder):
    """A local copy of a repository on GitHub or GitLab; Snakemake itself fetches only single files."""
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


# The folder of this workflow; `workflow.basedir` is the folder of an importing Snakefile.
HERE = workflow.current_basedir
HOME = Path(HERE).parents[1] if isinstance(HERE, os.PathLike) else unpacked(HERE)
SCRIPTS = str((HOME / "workflow" / "scripts").resolve())
if SCRIPTS not in sys.path:
    sys.path.insert(0, SCRIPTS)
# Jobs find this library first: Snakemake looks beside a script last, after an installed copy of the library, and fetches a
# script of a hosted workflow without it.
searched = [SCRIPTS, dict(os.environ).get("PYTHONPATH", "")]
os.environ |= {"PYTHONPATH": os.pathsep.join(filter(None, searched))}
if HOME.is_relative_to(Path.cwd()):  # relative, so that moving a clone reruns nothing
    HOME = HOME.relative_to(Path.cwd())
WORKFLOW = HOME / "workflow"

from weightflow import machine
from weightflow.config import consistency, stages
from weightflow.config.origins import with_origin
from weightflow.config.plan import RUN, SNAPSHOTS, Plan
from weightflow.errors import InputError
from weightflow.jobs import screen
from weightflow.jobs.screen import print_last
from weightflow.progress import BARS
from weightflow.records import integrity
from weightflow.records.digests import LIBRARY, code_digest
from weightflow.yaml_files import read_config

BEGAN = time.time()
MODULE = __name__  # name of this workflow in an importing one; None without one
CONFIG_SOURCE = ", ".join(map(str, workflow.configfiles)) or "--config"
FILES = [] if MODULE else workflow.overwrite_configfiles  # configs of the command line
if MODULE:
    CONFIG_SOURCE = f"config of module {MODULE}"
    config = deepcopy(config)  # shared with the importing workflow
    if "datasets" not in config:  # Snakemake ignores the `configfile:` of a module
        changes, config = config, yaml.safe_load((HOME / "config" / "config.yaml").read_text())
        update_config(config, changes)

# Not settings of a run: the artefact of the rule provenance, whether figures are made from saved results without
# training (profiles/figures), and the results whose rules are described (describe_rulegraph.py).
ARTEFACT = config.pop("artefact", None)
FROM_SAVED = bool(config.pop("from_saved", False))
DESCRIBED = config.pop("described", None)


def stopped(sentence):
    """The exception that ends Snakemake with a sentence, which is also the last line on the screen."""
    print_last([f"Error: {sentence}"])
    return WorkflowError(str(sentence))


if shlex.quote(sys.executable) != sys.executable:
    raise stopped(
        f"{sys.executable}: Snakemake cannot start jobs with a Python whose path has a space or another special "
        "character; move the folder to a path without one and install .venv there anew."
    )
if str(LIBRARY.parent) != SCRIPTS:
    raise stopped(
        f"{CONFIG_SOURCE}: a module of one Snakefile is from {SCRIPTS}, and another one from {LIBRARY.parent}; "
        "import both from the same place."
    )

origins = {}
try:
    for config_file in reversed(workflow.configfiles):  # the workflow's own is the last one
        origins[str(config_file)] = read_config(config_file)  # refuses code
    origins["--config"] = workflow.config_settings.config
    plan = Plan.of(config, HOME, CONFIG_SOURCE, FILES)
    if not (MODULE or FROM_SAVED or ARTEFACT):  # rules of an importing workflow may make the files
        folders = [Path(file).parent for file in FILES]
        consistency.check_files(plan.config, CONFIG_SOURCE, folders)
    if workflow.is_main_process and not (FROM_SAVED or DESCRIBED):  # once; it takes a second
        consistency.check_systems(plan.config, plan.systems, CONFIG_SOURCE)
except InputError as fault:
    raise stopped(with_origin(str(fault), CONFIG_SOURCE, origins)) from None

config = plan.config.plain()  # complete, as results/settings.yaml keeps it
ALONG = ("dynamics", "solver", "continuation")  # settings of a model's weights at any time
FIRST_PAGE = "first-page"  # subject of a refusal
SHOWN_TEACHERS = 10  # most candidates of an interval in figure and report


# Jobs leave the sentences of their errors here.
os.environ |= {screen.FILE: str(Path(".snakemake", "errors-of-jobs").absolute())}

# The screen shows one bar for the run (workflow/screen, by profiles/default); those of jobs are in their logs.
SCREEN = workflow.output_settings
if workflow.is_main_process and "weightflow" in SCREEN.log_handler_settings and not SCREEN.verbose:
    os.environ |= {BARS: "log"}

# Seconds that jobs on other machines, and their head process, wait for files and records to appear.
PATIENCE = "60"
if workflow.remote_exec:
    os.environ |= {integrity.PATIENCE: PATIENCE}


# Resources of jobs. They are functions, since Snakemake chooses the executor after it has read the rules.
def card(wildcards):
    """Cards of a job that can use one; 0 for a local job on a machine without cards."""
    return int(not workflow.local_exec or machine.has_card())


def one_thread(wildcards):
    """Cores of a job that computes with one thread; local jobs share the machine's cores."""
    if not workflow.local_exec:
        return 1
    return machine.cores_per_job(workflow.resource_settings.cores, machine.processors())


def beside_training(wildcards):
    """Cores of a small job; on this machine more than it uses, so that few such jobs run beside a training."""
    return 4 if workflow.local_exec else 1


def training_memory(wildcards, input, attempt):
    """Mebibytes of memory of a job on a card on a cluster, doubled after each failure.

    A million states of a hundred variables take five times the size of their file; libraries for cards take a few
    gibibytes.
    """
    return int(4000 + 6 * input.size_mb) * 2 ** (attempt - 1)


def training_minutes(wildcards, attempt):
    """Time limit in minutes of a training on a cluster, doubled after each failure."""
    return 240 * 2 ** (attempt - 1)


def stage_minutes(wildcards, attempt):
    """Time limit in minutes of any other stage on a cluster, doubled after each failure."""
    return 60 * 2 ** (attempt - 1)


def any_of(names):
    """Wildcard constraint: one of these names; without names it matches nothing."""
    return "|".join(names) or "(?!)"


def code(script, *modules):
    """Digest of a script, its library modules and further modules, so that an edit reruns the rule."""
    sources = [WORKFLOW / "scripts" / name for name in (script, *modules)]
    return lambda wildcards: code_digest(*sources)


def dataset_settings(wildcards):
    return plan.dataset(wildcards.dataset).preparation


def model_settings(*sections):
    """The sections of a model's settings that a stage depends on."""
    return lambda wildcards: plan.sections(wildcards.model, *sections)


wildcard_constraints:
    dataset=rf"(?:{any_of(plan.datasets)})(?:-without-\d+)?",
    model=any_of(sorted({*plan.settings, *(m for d in plan.datasets for m in plan.runs(d))})),
    anchors=any_of(plan.anchors),
    teacher=any_of(plan.teachers),
    choice=any_of(plan.choices),
    spline=any_of(plan.splines),
    seed=r"\d+",
