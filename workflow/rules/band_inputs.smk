# What the jobs of uncertainty bands take, where it depends on their data set or model.

BAND = "results/{dataset}/bands/seed{seed}"


def banding(wildcards):
    """The model whose networks the ensemble of a data set is made of."""
    return SETTINGS[BANDED[wildcards.dataset]["model"] or MODELS[0]]


def ensemble_settings(wildcards):
    """What an ensemble depends on: settings of the model, and those that ensembles have of their own."""
    model, own = banding(wildcards), BANDED[wildcards.dataset]
    chosen = {section: model[section] for section in ("data", "backbone")}
    anchors = model["anchors"] | {"steps": own["steps"], "batch": own["batch"]}
    return chosen | {"anchors": anchors, "members": own["members"]}


def band_settings_of(*keys):
    """Settings of a data set's bands that a stage depends on, and no others."""
    return lambda wildcards: {key: BANDED[wildcards.dataset][key] for key in keys}


def seeds_of_bands(dataset):
    """Seeds that bands are made with: all where the truth judges them, else that of the figure."""
    return SEEDS if has_exact_law(dataset) else [FIRST_SEED]


# Data set, seed of all bands that the truth is known of.
JUDGED_BANDS = [(dataset, seed) for dataset in BANDED if has_exact_law(dataset) for seed in SEEDS]
