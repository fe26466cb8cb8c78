# Populations of networks and uncertainty bands: what is asked for, and the rules that make and tabulate it.
#
# Their settings are read when one of their jobs is asked for, and never by a run of the other targets.
from functools import cache
from types import SimpleNamespace

from weightflow.bands import settings as band_settings
from weightflow.config.saved_settings import check_saved_populations
from weightflow.populations import settings as population_settings
from weightflow.populations.tasks.catalogue import input_shapes

TASK_SHAPES = input_shapes(CATALOGUE)
POPULATION = "results/populations/{population}"
MEMBERS = f"{POPULATION}/seed{{seed}}"
BAND = "results/{dataset}/bands/seed{seed}"
LAYOUTS = ("aligned", "raw")
MADE_WITH = FOLDER / "populations" / "settings.yaml"  # settings of the populations that are here


wildcard_constraints:
    population=r"[^/]+",
    layout="aligned|raw",
    structural=r"[\d.e-]+",
    other=any_of(TASK_SHAPES),


def population_source():
    """The file that names populations and bands; nothing where the configuration itself does.

    Where figures are made of saved results, that of the saved ones; for the default run config/populations.yaml.
    """
    if config["populations"] or config["bands"]:
        return None
    if FROM_SAVED and MADE_WITH.is_file():
        return MADE_WITH
    if IS_DEFAULT_RUN:
        return HOME / "config" / "populations.yaml"
    raise InputError(
        f"{CONFIG_SOURCE}: names no populations and no bands; add one of these keys, or run without a config file "
        "for those of config/populations.yaml."
    )


@cache
def plan():
    """Settings of populations and bands by their names, complete."""
    asked, source = {key: config[key] for key in ("populations", "bands")}, CONFIG_SOURCE
    try:
        if file := population_source():
            source = str(file)
            asked = {key: read_config(source).get(key, {}) for key in asked}
            check_schema({"datasets": config["datasets"]} | asked, read_schema(SCHEMA), source)
            validate({"datasets": config["datasets"]} | asked, str(SCHEMA.resolve()))
        population_settings.check_populations(
            asked["populations"], config["datasets"], TASK_SHAPES, source
        )
        band_settings.check_bands(config | asked, source)
        if FROM_SAVED:
            check_saved_populations(MADE_WITH, asked, source)
    except InputError as fault:
        raise WorkflowError(str(fault)) from None
    return SimpleNamespace(**asked)


if config["populations"] or config["bands"]:
    plan()  # so that a fault of the user's is told before anything trains


def population(wildcards):
    """Settings of one population."""
    if wildcards.population not in plan().populations:
        raise WorkflowError(f"there is no population {wildcards.population} in the configuration.")
    return plan().populations[wildcards.population]


def other_tasks(wildcards):
    """The other tasks whose inputs a population's networks are asked, in the order of its settings."""
    asked = population(wildcards)
    return population_settings.others_asked(asked) if asked["autoencoder"]["structural"] else []


def files_of_task(task):
    """The files of a task; none where it comes with a library."""
    sources = CATALOGUE[task].files.values() if task in CATALOGUE else ()
    return [str(source.path) for source in sources]


def sections_of_population(*sections, without=None):
    """Sections of a population's settings that a stage depends on, and no others.

    Less the key that lists what there is a job of each for: one more of them changes none of the others.
    """

    def chosen(wildcards):
        found = {section: population(wildcards)[section] for section in sections}
        return {
            section: (
                {key: value for key, value in own.items() if key != without}
                if isinstance(own, dict)
                else own
            )
            for section, own in found.items()
        }

    return chosen


def states_of_task(wildcards):
    """The snapshots that a population of backbones learns, or nothing."""
    dataset = population(wildcards)["snapshot"]["dataset"]
    return f"results/{dataset}/snapshots.safetensors" if dataset else []


def laid_out(wildcards):
    """The population as it was trained, or aligned."""
    file = {"raw": "population", "aligned": "aligned"}[wildcards.layout]
    return f"{MEMBERS}/{file}.safetensors"


def flows_of(wildcards):
    """Layouts that a population's flow is fitted to."""
    return population(wildcards)["flow"]["alignments"]


def structural_of(wildcards):
    """Weights of the structural loss that a population's auto-encoder is fitted with."""
    return population(wildcards)["autoencoder"]["structural"]


def of_each_structural(pattern):
    """Input function: a pattern for every weight of the structural loss."""
    return lambda w: expand(pattern, structural=structural_of(w), allow_missing=True)


def generated(layout, seed="{seed}"):
    """Input function: what the flow of a layout generated, or nothing where there is none."""
    path = f"{POPULATION}/seed{seed}/generated/flow-{layout}.safetensors"
    return lambda w: path if layout.format(**w) in flows_of(w) else []


def banding(wildcards):
    """The model whose networks the ensemble of a data set is made of."""
    return SETTINGS[plan().bands[wildcards.dataset]["model"] or MODELS[0]]


def ensemble_settings(wildcards):
    """What an ensemble depends on: settings of the model, and those that ensembles have of their own."""
    model, own = banding(wildcards), plan().bands[wildcards.dataset]
    chosen = {section: model[section] for section in ("data", "backbone")}
    anchors = model["anchors"] | {"steps": own["steps"], "batch": own["batch"]}
    return chosen | {"anchors": anchors, "members": own["members"]}


def band_settings_of(*keys):
    """Settings of a data set's bands that a stage depends on, and no others."""
    return lambda wildcards: {key: plan().bands[wildcards.dataset][key] for key in keys}


def seeds_of_bands(dataset):
    """Seeds that bands are made with: all where the truth judges them, else that of the figure."""
    return SEEDS if has_exact_law(dataset) else [FIRST_SEED]


Judged = namedtuple("Judged", "population layout seed metrics")
JudgedBands = namedtuple("JudgedBands", "dataset seed coverage")
TimedPopulation = namedtuple("TimedPopulation", "population stage seed benchmark")


def judged():
    """Every population and what is judged of it, seed by seed, with its metrics."""
    return [
        Judged(name, what, seed, f"results/populations/{name}/seed{seed}/metrics/{file}.csv")
        for name, own in plan().populations.items()
        for what, file in [
            *((layout, f"generated-{layout}") for layout in LAYOUTS),
            *([("reconstructed", "reconstructed")] if own["autoencoder"]["structural"] else []),
        ]
        for seed in SEEDS
    ]


def judged_bands():
    """All bands that the truth is known of, with their coverage."""
    return [
        JudgedBands(dataset, seed, f"results/{dataset}/bands/seed{seed}/coverage.csv")
        for dataset in plan().bands
        if has_exact_law(dataset)
        for seed in SEEDS
    ]


def timed_populations():
    """Every stage of populations and bands that takes time, with its benchmark file."""
    found = []
    for name, own in plan().populations.items():
        flows, structural = own["flow"]["alignments"], own["autoencoder"]["structural"]
        files = [
            ("training", "train_population"),
            ("alignment", "align_population"),
            *((f"flow, {layout}", f"{layout}/fit_weight_flow") for layout in flows),
            *((f"drawing, {layout}", f"{layout}/generate_networks") for layout in flows),
            *((f"auto-encoder, β = {w}", f"{w}/fit_weight_autoencoder") for w in structural),
        ]
        spent = f"results/populations/{name}/benchmarks"
        found += [
            TimedPopulation(name, stage, seed, f"{spent}/seed{seed}/{file}.tsv")
            for seed in SEEDS
            for stage, file in files
        ]
    for dataset in plan().bands:
        spent = f"results/{dataset}/benchmarks/bands"
        found += [
            TimedPopulation(f"bands of {dataset}", stage, seed, f"{spent}/seed{seed}/{file}.tsv")
            for seed in seeds_of_bands(dataset)
            for stage, file in [
                ("ensemble", "train_anchor_ensemble"),
                ("flow", "fit_band_flow"),
                ("bands", "predict_bands"),
            ]
        ]
    return found


def populations_made():
    """The page about populations and their settings, where all that it tells of has been made here; else nothing."""
    if not MADE_WITH.is_file() or fault_of("populations"):
        return []
    files = [
        *(entry.metrics for entry in judged()),
        *(entry.coverage for entry in judged_bands()),
        *(
            f"results/{dataset}/bands/seed{FIRST_SEED}/bands.safetensors"
            for dataset in plan().bands
        ),
    ]
    missing = [f for f in files if not (FOLDER / Path(f).relative_to("results")).is_file()]
    if missing:
        logger.warning(
            f"{len(missing)} of {len(files)} results of populations are not there, and no figure of them is made; "
            "run snakemake populations to the end first."
        )
        return []
    return ["results/populations/report.html", "results/populations/settings.yaml"]


def populations_asked(wildcards):
    """What `snakemake populations` makes; a refusal where the configuration names none."""
    if fault_of("populations"):
        return "results/refused/populations.json"
    made = (
        "metrics.csv",
        "summary.csv",
        "bands.csv",
        "bands_summary.csv",
        "report.html",
        "settings.yaml",
    )
    return [f"results/populations/{name}" for name in made]


def drawn(wildcards):
    """What the default run makes, and the page about populations if they were made; that alone if it is all there is."""
    page = populations_made()
    return page if page and not (FOLDER / "settings.yaml").is_file() else [*WHOLE_RUN, *page]
