# What the jobs of populations take, where it depends on their settings.

POPULATION = "results/populations/{population}"
MEMBERS = f"{POPULATION}/seed{{seed}}"


def sections_of_population(*sections, without=None):
    """Sections of a population's settings that a stage depends on, and no others.

    Less the key that lists what there is a job of each for: one more of them changes none of the others.
    """
    return lambda wildcards: {
        section: (
            {key: value for key, value in found.items() if key != without}
            if isinstance(found := POPULATIONS[wildcards.population][section], dict)
            else found
        )
        for section in sections
    }


def states_of_task(wildcards):
    """The snapshots that a population of backbones learns, or nothing."""
    dataset = POPULATIONS[wildcards.population]["snapshot"]["dataset"]
    return f"results/{dataset}/snapshots.safetensors" if dataset else []


def laid_out(wildcards):
    """The population as it was trained, or aligned."""
    file = {"raw": "population", "aligned": "aligned"}[wildcards.layout]
    return f"{MEMBERS}/{file}.safetensors"


def flows_of(population):
    """Layouts that a population's flow is fitted to."""
    return POPULATIONS[population]["flow"]["alignments"]


def structural_of(population):
    """Weights of the structural loss that a population's auto-encoder is fitted with."""
    return POPULATIONS[population]["autoencoder"]["structural"]


def of_each_structural(pattern):
    """Input function: a pattern for every weight of the structural loss."""
    return lambda w: expand(pattern, structural=structural_of(w.population), allow_missing=True)


def generated(layout, seed="{seed}"):
    """Input function: what the flow of a layout generated, or nothing where there is none."""
    path = f"{POPULATION}/seed{seed}/generated/flow-{layout}.safetensors"
    return lambda w: path if layout.format(**w) in flows_of(w.population) else []


LAYOUTS = ("aligned", "raw")
POPULATION_FIGURES = ("networks", "learning")  # of each population, in the order of the page

# (population, what is judged, seed, file) of everything that is measured.
JUDGED = [
    (population, what, seed, f"results/populations/{population}/seed{seed}/metrics/{file}.csv")
    for population in POPULATIONS
    for what, file in [
        *((layout, f"generated-{layout}") for layout in LAYOUTS),
        *([("reconstructed", "reconstructed")] if structural_of(population) else []),
    ]
    for seed in SEEDS
]

# (population, stage, seed, benchmark file) of everything that takes time, bands among them.
TIMED_POPULATIONS = [
    (
        population,
        stage,
        seed,
        f"results/populations/{population}/benchmarks/seed{seed}/{file}.tsv",
    )
    for population in POPULATIONS
    for seed in SEEDS
    for stage, file in [
        ("training", "train_population"),
        ("alignment", "align_population"),
        *((f"flow, {layout}", f"{layout}/fit_weight_flow") for layout in flows_of(population)),
        *((f"drawing, {layout}", f"{layout}/generate_networks") for layout in flows_of(population)),
        *(
            (f"auto-encoder, β = {structural}", f"{structural}/fit_weight_autoencoder")
            for structural in structural_of(population)
        ),
    ]
] + [
    (
        f"bands of {dataset}",
        stage,
        seed,
        f"results/{dataset}/benchmarks/bands/seed{seed}/{file}.tsv",
    )
    for dataset in BANDED
    for seed in seeds_of_bands(dataset)
    for stage, file in [
        ("ensemble", "train_anchor_ensemble"),
        ("flow", "fit_band_flow"),
        ("bands", "predict_bands"),
    ]
]

# What was made here of populations, whose figures and archives there are once it is all of it; and whether the default
# run was.
MEASURED_HERE = [
    (FOLDER / Path(file).relative_to("results")).is_file()
    for file in [
        *(measured for *_, measured in JUDGED),
        *(f"results/{dataset}/bands/seed{seed}/coverage.csv" for dataset, seed in JUDGED_BANDS),
        *(f"results/{dataset}/bands/seed{FIRST_SEED}/bands.safetensors" for dataset in BANDED),
    ]
]
POPULATIONS_MADE = bool(MEASURED_HERE) and all(MEASURED_HERE)
RUN_MADE = (FOLDER / "summary.csv").is_file()
