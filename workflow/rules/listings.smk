# What there is to time, to draw and to report, data set by data set.
from collections import namedtuple
from itertools import product

from weightflow.evaluation.published import read_published
from weightflow.plots.registry import FIGURES, figure_files

# The job of a stage: its benchmark file, the artefact that names its device, if any, and how many seeds it is for.
StageJob = namedtuple("StageJob", "benchmark artefact seeds")
# A stage of one run, which may be a job of several seeds.
TimedStage = namedtuple("TimedStage", "dataset model seed stage benchmark artefact seeds")
# The jobs of a stage that a model needs; none where a model before has them.
EstimatedStage = namedtuple("EstimatedStage", "dataset model stage jobs seeds")
# What was chosen for models that share it, and the scores it was chosen by; no seed where all share it.
Chosen = namedtuple("Chosen", "kind models seed made scores")


def timed_stages(dataset, model):
    """The job of each stage that a run goes through, by the stage's name."""
    folder = f"results/{dataset}"
    run = f"benchmarks/{model}/seed{{seed}}"
    made = f"{folder}/runs/{model}/seed{{seed}}"
    found = {}
    if needs_simulation(settings_of(dataset)):
        found["simulate"] = (f"{folder}/benchmarks/simulate_system.tsv", None)
    found["prepare"] = (f"{folder}/benchmarks/prepare_snapshots.tsv", None)
    job = BASELINES[model].job if model in BASELINES else None
    uses = MODELS[0] if job == "interpolation" else model if model in SETTINGS else None
    if uses:
        label = stages.anchor_label(SETTINGS[uses])
        anchors = f"{folder}/benchmarks/anchors/{label}/seed{{seed}}"
        trained = f"{folder}/anchors/{label}/seed{{seed}}/snapshots"
        spent = (
            f"{folder}/benchmarks/anchors/{label}" if label in ANCHORS_IN["all_seeds"] else anchors
        )
        found["anchors"] = (f"{spent}/train_anchors.tsv", trained)
        found["weight_graph"] = (f"{anchors}/build_weight_graph.tsv", None)
    if model in CDE_MODELS:
        path = f"{made}/latent_path.safetensors"
        found["latent_path"] = (f"{folder}/{run}/fit_latent_path.tsv", path)
    if model in TAUGHT:
        label = stages.teacher_label(SETTINGS[model])
        found["teacher"] = (f"{folder}/benchmarks/teachers/{label}/choose_teacher.tsv", None)
    if model in LEARNERS:
        label = stages.choice_label(SETTINGS[model])
        found["smoothing"] = (
            f"{folder}/benchmarks/choices/{label}/seed{{seed}}/choose_smoothing.tsv",
            f"{folder}/choices/{label}/seed{{seed}}/choice.json",
        )
    if model in CURVED:
        label = stages.spline_label(SETTINGS[model])
        found["spline"] = (
            f"{folder}/benchmarks/splines/{label}/seed{{seed}}/fit_spline.tsv",
            f"{folder}/splines/{label}/seed{{seed}}/spline.safetensors",
        )
    if job == "own":
        found[model] = (f"{folder}/{run}/fit_{model}.tsv", f"{made}/{model}.safetensors")
    if model in STEPPED:
        found["steps"] = (f"{folder}/{run}/choose_steps.tsv", f"{made}/steps.json")
    if model in FIELDS:
        found["dynamics"] = (f"{folder}/{run}/fit_dynamics.tsv", f"{made}/dynamics.safetensors")
    of_all = f"{folder}/benchmarks/{model}"  # seeds
    spent = f"{folder}/{run}" if model in SETTINGS or job == "own" else of_all
    found["predict"] = (f"{spent}/predict.tsv", f"{made}/prediction.safetensors")
    found["evaluate"] = (f"{of_all}/evaluate_predictions.tsv", None)
    together = ("anchors", "predict", "evaluate")  # stages that a job may do for all seeds
    return {
        stage: StageJob(
            spent, made, len(SEEDS) if stage in together and "{seed}" not in spent else 1
        )
        for stage, (spent, made) in found.items()
    }


TIMED = [
    TimedStage(
        dataset,
        model,
        seed,
        stage,
        job.benchmark.format(seed=seed),
        job.artefact and job.artefact.format(seed=seed),
        job.seeds,
    )
    for dataset in DATASETS
    for model in runs(dataset)
    for seed in SEEDS
    for stage, job in timed_stages(dataset, model).items()
]


def estimated():
    """The stages that a run's models cost; jobs that models share are those of the first."""
    found, known = [], set()
    for dataset, model in product(DATASETS, MODELS):
        for stage, job in timed_stages(dataset, model).items():
            if stage not in ("simulate", "prepare"):
                shared = job.benchmark in known
                jobs = 0 if shared else len(SEEDS) if "{seed}" in job.benchmark else 1
                found.append(EstimatedStage(dataset, model, stage, jobs, job.seeds))
                known.add(job.benchmark)
    return found


ESTIMATED = estimated()


# The system of each data set that has one on which there are published results.
IN_LITERATURE = set(read_published(PUBLISHED)["system"])
COMPARED = {
    name: chosen["system"]
    for name, chosen in config["datasets"].items()
    if chosen["system"] in IN_LITERATURE and not chosen["hold_back"]  # whose range is another
}

# What a run makes by itself.
WHOLE_RUN = [
    "results/report.html",
    "results/metrics.csv",
    "results/summary.csv",
    "results/runtime.csv",
    "results/settings.yaml",
]

# Figures over all data sets.
OVERALL = figure_files(
    {"overall": [{}]}, [*(["published"] if COMPARED else []), *(["models"] if MODELS else [])]
)

# Runs that figures of distributions lay over each other.
OVERLAID = [*MODELS, *(b for b in ("mixture", "transport_spline") if b in config["baselines"])]

# Without factors the table waits for nothing, and its script says so at once.
ABLATED = list(dict.fromkeys(level.model for level in LEVELS))


def ablation_figures(dataset):
    """Figures of the ablation study on a data set, one for each factor."""
    factors = FACTORS if dataset in STUDIED else []
    return figure_files({"factor": [{"dataset": dataset, "factor": factor} for factor in factors]})


def sized_models():
    """Models whose sizes are compared: all, and of the ablation study the first with each further kind of backbone."""
    found = {SETTINGS[model]["backbone"]["kind"]: model for model in reversed(SETTINGS)}
    return list(dict.fromkeys([*MODELS, *found.values()]))


def figures(dataset):
    """Figures of a data set, in the order of the report."""
    of = {
        "dataset": [{"dataset": dataset}],
        "run": [{"dataset": dataset, "model": shown_model(dataset)}],
        "model": [{"dataset": dataset, "model": model} for model in MODELS],
    }
    there = {
        "left-out snapshots": config["evaluation"]["leave_one_out"],
        "real values": settings_of(dataset)["kind"] == "continuous",
        "landscape": has_landscape(dataset),
        "latent paths": DRIVEN,
        "models": MODELS,
        "teachers": any(m in TAUGHT for m in MODELS),
    }
    return figure_files(of, [what for what, is_there in there.items() if is_there])


def chosen(dataset):
    """All that is chosen for a data set's models, apart from ablations."""
    folder, found = f"results/{dataset}", []
    for label, users in sharing(stages.teacher_label, [m for m in MODELS if m in TAUGHT]).items():
        at = f"{folder}/teachers/{label}"
        found.append(Chosen("teacher", users, None, f"{at}/teacher.json", f"{at}/scores.csv"))
    for label, users in sharing(stages.choice_label, [m for m in MODELS if m in LEARNERS]).items():
        for seed in SEEDS:
            at = f"{folder}/choices/{label}/seed{seed}"
            found.append(Chosen("smoothing", users, seed, f"{at}/choice.json", f"{at}/scores.csv"))
    for model in MODELS:
        for seed in SEEDS if model in STEPPED else []:
            at = f"{folder}/runs/{model}/seed{seed}"
            found.append(Chosen("steps", [model], seed, f"{at}/steps.json", f"{at}/steps.csv"))
    return found


def teachers_chosen(dataset):
    """The teachers among them."""
    return [choice for choice in chosen(dataset) if choice.kind == "teacher"]


def shown_model(dataset):
    """The run whose joint densities are drawn."""
    return config["figures"]["model"] or runs(dataset)[0]


def prediction_of(model):
    """File pattern of a run's prediction with the first seed, the one that figures show."""
    return f"results/{{dataset}}/runs/{model}/seed{FIRST_SEED}/prediction.safetensors"


def of_first_seed(pattern, **names):
    """A pattern for each of some names, with the first seed."""
    return expand(pattern, **names, seed=FIRST_SEED, allow_missing=True)


def has_landscape(dataset):
    """Whether a data set's system walks on a fitness landscape that can be drawn."""
    return system_file(dataset) in MAPS
