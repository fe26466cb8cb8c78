# The checked configuration, and the names that rules are wired with.
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

HOME = Path(workflow.basedir)
if HOME.is_relative_to(Path.cwd()):  # a clone that is moved must not look like other inputs
    HOME = HOME.relative_to(Path.cwd())
WORKFLOW = HOME / "workflow"
SYSTEMS = HOME / "resources" / "systems"
PUBLISHED = HOME / "resources" / "published.csv"
sys.path.insert(0, str((WORKFLOW / "scripts").resolve()))

from weightflow import settings
from weightflow.errors import InputError
from weightflow.provenance import code_digest
from weightflow.published import read_published
from weightflow.schema import check_schema, read_schema
from weightflow.system_files import files_of, is_map

CONFIG_SOURCE = ", ".join(map(str, workflow.configfiles)) or "--config"

try:
    SCHEMA = WORKFLOW / "schemas" / "config.schema.yaml"
    check_schema(config, read_schema(SCHEMA), CONFIG_SOURCE)
    validate(config, str(SCHEMA.resolve()))  # fills in the defaults
    settings.check_consistency(config, SYSTEMS, CONFIG_SOURCE)
    settings.check_ablations(config, CONFIG_SOURCE)
    ABLATIONS = settings.ablation_models(config)
    check_schema(config | {"models": ABLATIONS}, read_schema(SCHEMA), f"{CONFIG_SOURCE}: ablations")
    settings.check_variants(config, SYSTEMS, CONFIG_SOURCE)
    if workflow.is_main_process:  # once, and before anything trains; it takes a second
        settings.check_systems(config, SYSTEMS, CONFIG_SOURCE)
except InputError as fault:
    raise WorkflowError(str(fault)) from None


SEEDS = config["seeds"]
DATASETS = list(config["datasets"])
MODELS = list(config["models"])
SETTINGS = {**config["models"], **ABLATIONS}
LEVELS = settings.ablation_levels(config)
FACTORS = list(dict.fromkeys(factor for factor, *_ in LEVELS if factor != settings.BASE))
STUDIED = (config["ablations"]["datasets"] or DATASETS) if LEVELS else []
CDE_MODELS = [m for m in SETTINGS if SETTINGS[m]["dynamics"]["kind"] == "cde"]
INTERPOLATIONS = [b for b in config["baselines"] if b.startswith("weights_")]
BASELINES = [b for b in config["baselines"] if b not in INTERPOLATIONS]


# The system of each data set that has one on which there are published results.
IN_LITERATURE = set(read_published(PUBLISHED)["system"])
COMPARED = {
    name: chosen["system"]
    for name, chosen in config["datasets"].items()
    if chosen["system"] in IN_LITERATURE
}


def floors(dataset):
    """Floors a data set has: against itself, and against an independent part where there is one."""
    amount = settings.heldout_amount(config["datasets"][dataset])
    return ["floor_bootstrap", *(["floor_independent"] if amount else [])]


def runs(dataset):
    """Everything that predicts a data set, in the order of the tables."""
    return [*MODELS, *config["baselines"], *floors(dataset)]


def any_of(names):
    """Wildcard constraint: one of these names, or nothing at all."""
    return "|".join(names) or "(?!)"


def code(script):
    """Digest of a script and the library modules behind it, so that editing them reruns its rule."""
    return code_digest(WORKFLOW / "scripts" / script)


def dataset_settings(wildcards):
    return config["datasets"][wildcards.dataset]


def model_settings(*sections):
    """The sections of a model's settings that a stage depends on, and no others."""
    return lambda wildcards: {s: SETTINGS[wildcards.model][s] for s in sections}


def anchors_of(model):
    """Folder pattern of a model's anchors; models with equal anchor settings share it."""
    label = settings.anchor_label(SETTINGS[model])
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
LEARNERS = having(settings.learns)
CURVED = having(settings.begins_at_spline)
TAUGHT = having(settings.is_taught)
STEPPED = having(settings.chooses_steps)

ANCHORS = sharing(settings.anchor_label, SETTINGS)
TEACHERS = sharing(settings.teacher_label, TAUGHT)
CHOICES = sharing(settings.choice_label, LEARNERS)
SPLINES = sharing(settings.spline_label, CURVED)


def sharer(models):
    """Settings of the first of the models that share a stage; the stage's are the same for all of them."""
    return SETTINGS[models[0]]


def teacher_of(model):
    """File pattern of a model's teacher, or nothing where it has none."""
    if model not in TAUGHT:
        return []
    return f"results/{{dataset}}/teachers/{settings.teacher_label(SETTINGS[model])}/teacher.json"


def choice_of(model):
    """File pattern of the choice of a model's width and smoothing, or nothing where there is none."""
    if model not in LEARNERS:
        return []
    return f"results/{{dataset}}/choices/{settings.choice_label(SETTINGS[model])}/seed{{seed}}/choice.json"


def spline_of(model):
    """File pattern of a model's learned spline, or nothing where it needs none."""
    if model not in CURVED:
        return []
    label = settings.spline_label(SETTINGS[model])
    return f"results/{{dataset}}/splines/{label}/seed{{seed}}/spline.safetensors"


def width_of(anchors):
    """File pattern of the choice that anchors take their width from, or nothing where it is given."""
    model = ANCHORS[anchors][0]
    return choice_of(model) if settings.chooses_width(SETTINGS[model]) else []


TOGETHER = [
    label for label, users in ANCHORS.items() if sharer(users)["anchors"]["jobs"] == "together"
]
APART = [label for label in ANCHORS if label not in TOGETHER]


def each_snapshot(pattern):
    """Input function: a pattern for every observed snapshot, whose number the prepared data say."""

    def paths(wildcards):
        from weightflow.snapshots import observed_count

        prepared = checkpoints.prepare_snapshots.get(dataset=wildcards.dataset).output[0]
        snapshots = [f"{k:03d}" for k in range(observed_count(prepared))]
        return expand(pattern, snapshot=snapshots, allow_missing=True)

    return paths


def common_start(wildcards):
    """Where pooled anchors start from; others have a start of their own."""
    pooled = sharer(ANCHORS[wildcards.anchors])["anchors"]["alignment"] == "pooled"
    return "results/{dataset}/anchors/{anchors}/seed{seed}/start.safetensors" if pooled else []


def driving_path(wildcards):
    """The latent path of a CDE model; the ODE needs none."""
    driven = wildcards.model in CDE_MODELS
    return "results/{dataset}/runs/{model}/seed{seed}/latent_path.safetensors" if driven else []


def field_inputs(wildcards):
    """What a field is fitted to, beside its anchors: only what its settings ask for."""
    model = wildcards.model
    return {
        "graph": f"{anchors_of(model)}/weight_graph.safetensors",
        "path": driving_path(wildcards),
        "snapshots": rules.prepare_snapshots.output[0] if model in LEARNERS else [],
        "teacher": teacher_of(model),
        "choice": choice_of(model),
    }


def is_behavioural(model):
    """Whether a model's latent path is also judged by what its decoded weights say."""
    return SETTINGS[model]["path"]["behavioural"] > 0


def needs_simulation(dataset):
    """Whether a data set's training or held-out part is simulated."""
    return not dataset["file"] or settings.heldout_amount(dataset) >= 1


def system_file(dataset):
    """The file of a data set's system, where it has one."""
    return settings.system_path(config["datasets"][dataset]["system"], SYSTEMS)


def system_sources(wildcards):
    """The file of a data set's system, first, and the model that it names, if any."""
    return files_of(system_file(wildcards.dataset))


def file_sources(wildcards):
    """A data set's file, and the system that it is said to come from."""
    chosen = dataset_settings(wildcards)
    system = {"system": system_sources(wildcards)} if chosen["system"] else {}
    return {"file": chosen["file"], **system}


def snapshot_sources(wildcards):
    chosen = dataset_settings(wildcards)
    sources = {}
    if chosen["file"]:
        sources |= {"file": chosen["file"], "source": "results/{dataset}/source.json"}
    if needs_simulation(chosen):
        sources["simulated"] = "results/{dataset}/simulated.safetensors"
    return sources


def has_exact_law(dataset):
    """Whether a data set's system is known and its exact law is to be tried."""
    return bool(
        config["datasets"][dataset]["system"] and config["evaluation"]["exact"]["max_states"]
    )


@cache
def has_landscape(dataset):
    """Whether a data set's system walks on a fitness landscape that can be drawn."""
    return bool(config["datasets"][dataset]["system"]) and is_map(system_file(dataset))


def law_file(dataset):
    """Where a data set's exact law is; the file may say that the law is unknown."""
    return f"results/{dataset}/exact_law.safetensors"


def exact_law_of(wildcards):
    """The exact law's file, or nothing where none is to be tried."""
    return law_file(wildcards.dataset) if has_exact_law(wildcards.dataset) else []


def stages(dataset, model):
    """Benchmark file and artefact (for its device) of each stage a run went through, with its own name."""
    folder = f"results/{dataset}"
    run = f"benchmarks/{model}/seed{{seed}}"
    made = f"{folder}/runs/{model}/seed{{seed}}"
    found = {}
    if needs_simulation(config["datasets"][dataset]):
        found["simulate"] = (f"{folder}/benchmarks/simulate_system.tsv", None)
    found["prepare"] = (f"{folder}/benchmarks/prepare_snapshots.tsv", None)
    uses = model if model in SETTINGS else MODELS[0] if model in INTERPOLATIONS else None
    if uses:
        label = settings.anchor_label(SETTINGS[uses])
        anchors = f"{folder}/benchmarks/anchors/{label}/seed{{seed}}"
        trained = f"{folder}/anchors/{label}/seed{{seed}}/snapshots"
        found["anchors"] = (f"{anchors}/train_anchors.tsv", trained)
        found["weight_graph"] = (f"{anchors}/build_weight_graph.tsv", None)
    if model in CDE_MODELS:
        path = f"{made}/latent_path.safetensors"
        found["latent_path"] = (f"{folder}/{run}/fit_latent_path.tsv", path)
    if model in TAUGHT:
        label = settings.teacher_label(SETTINGS[model])
        found["teacher"] = (f"{folder}/benchmarks/teachers/{label}/choose_teacher.tsv", None)
    if model in LEARNERS:
        label = settings.choice_label(SETTINGS[model])
        found["smoothing"] = (
            f"{folder}/benchmarks/choices/{label}/seed{{seed}}/choose_smoothing.tsv",
            None,
        )
    if model in CURVED:
        label = settings.spline_label(SETTINGS[model])
        found["spline"] = (
            f"{folder}/benchmarks/splines/{label}/seed{{seed}}/fit_spline.tsv",
            f"{folder}/splines/{label}/seed{{seed}}/spline.safetensors",
        )
    if model in STEPPED:
        found["steps"] = (f"{folder}/{run}/choose_steps.tsv", None)
    if model in FIELDS:
        found["dynamics"] = (f"{folder}/{run}/fit_dynamics.tsv", f"{made}/dynamics.safetensors")
    found["predict"] = (f"{folder}/{run}/predict.tsv", f"{made}/prediction.safetensors")
    found["evaluate"] = (f"{folder}/{run}/evaluate_prediction.tsv", None)
    return found


RUNTIME_ROWS = [
    (d, m, s, stage, *[p and p.format(seed=s) for p in paths])
    for d in DATASETS
    for m in runs(d)
    for s in SEEDS
    for stage, paths in stages(d, m).items()
]


FIRST_SEED = SEEDS[0]
DRIVEN = [m for m in MODELS if m in CDE_MODELS]
OVERLAID = [*MODELS, *(b for b in ("mixture", "transport_spline") if b in config["baselines"])]
CAPTIONED = [
    "metrics",
    "marginals",
    "joints",
    "landscape",
    "density",
    "weights_path",
    "latent_path",
    "losses",
    "teachers",
    "inference",
    "ablation",
    "table1",
    "model_size",
    "rulegraph",
]
# Figures over all data sets.
OVERALL = [
    *(["results/figures/table1.png"] if COMPARED else []),
    *(["results/figures/model_size.png"] if MODELS else []),
]
SHOWN_TEACHERS = 10  # of the candidates of an interval


def figures(dataset):
    """Figures of a data set, in the order of the report."""
    kinds = ["metrics", "marginals", "joints"]
    kinds += ["landscape"] if has_landscape(dataset) else []
    kinds += [f"density-{shown_model(dataset)}"]
    kinds += [f"weights_path-{m}" for m in MODELS]
    kinds += ["latent_path"] if DRIVEN else []
    kinds += ["losses"] if MODELS else []
    kinds += ["teachers"] if any(m in TAUGHT for m in MODELS) else []
    kinds += ["inference"]
    formats = {kind: "gif" if kind.startswith("density-") else "png" for kind in kinds}
    return [f"results/{dataset}/figures/{kind}.{formats[kind]}" for kind in kinds]


def sized_models():
    """Models whose sizes are compared: all, and of the ablation study the first with each further kind of backbone."""
    found = {SETTINGS[model]["backbone"]["kind"]: model for model in reversed(SETTINGS)}
    return list(dict.fromkeys([*MODELS, *found.values()]))


def ablation_figures(dataset):
    """Figures of the ablation study on a data set, one for each factor."""
    factors = FACTORS if dataset in STUDIED else []
    return [f"results/{dataset}/figures/ablation-{factor}.png" for factor in factors]


def chosen(dataset):
    """(kind, models, seed, choice, scores) of all that was chosen for a data set's models, apart from ablations."""
    folder, found = f"results/{dataset}", []
    for label, users in sharing(settings.teacher_label, [m for m in MODELS if m in TAUGHT]).items():
        at = f"{folder}/teachers/{label}"
        found.append(("teacher", users, None, f"{at}/teacher.json", f"{at}/scores.csv"))
    for label, users in sharing(
        settings.choice_label, [m for m in MODELS if m in LEARNERS]
    ).items():
        for seed in SEEDS:
            at = f"{folder}/choices/{label}/seed{seed}"
            found.append(("smoothing", users, seed, f"{at}/choice.json", f"{at}/scores.csv"))
    for model in MODELS:
        for seed in SEEDS if model in STEPPED else []:
            at = f"{folder}/runs/{model}/seed{seed}"
            found.append(("steps", [model], seed, f"{at}/steps.json", f"{at}/steps.csv"))
    return found


def shown_model(dataset):
    """The run whose joint densities are drawn."""
    return config["figures"]["model"] or runs(dataset)[0]


def prediction_of(model):
    """File pattern of a run's prediction with the first seed, the one that figures show."""
    return f"results/{{dataset}}/runs/{model}/seed{FIRST_SEED}/prediction.safetensors"


wildcard_constraints:
    dataset=any_of(DATASETS),
    model=any_of(sorted({*SETTINGS, *(m for d in DATASETS for m in runs(d))})),
    anchors=any_of(ANCHORS),
    teacher=any_of(TEACHERS),
    choice=any_of(CHOICES),
    spline=any_of(SPLINES),
    seed=r"\d+",
