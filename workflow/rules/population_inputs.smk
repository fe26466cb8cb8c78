# What the jobs of populations take, where it depends on their settings.

POPULATION = "results/populations/{population}"
MEMBERS = f"{POPULATION}/seed{{seed}}"


def population_settings(*sections):
    """Sections of a population's settings that a stage depends on, and no others."""
    return lambda wildcards: {s: POPULATIONS[wildcards.population][s] for s in sections}


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

# (population, stage, seed, benchmark file) of everything that takes time.
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
]

# Whether all of it was made here, so that figures and archives take it along.
POPULATIONS_MADE = bool(JUDGED or BANDED) and all(
    Path(file).is_file()
    for file in [
        *(measured for *_, measured in JUDGED),
        *(
            f"results/{dataset}/bands/seed{seed}/bands.safetensors"
            for dataset in BANDED
            for seed in SEEDS
        ),
    ]
)
