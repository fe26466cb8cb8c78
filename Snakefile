# WeightFlow: from snapshots of a random system to its whole evolving distribution.
#
#   snakemake --cores 8 --resources gpu=1                              the default run (config/config.yaml)
#   snakemake --cores 8 --resources gpu=1 --configfile config/my.yaml  your own data
#   snakemake estimate --cores 8 --resources gpu=1 --configfile config/my.yaml
#                                                                      what that will cost, stage by stage
#   snakemake predict --cores 8 --resources gpu=1 --configfile config/my.yaml
#                                                                      samples at any times, as .h5ad or .parquet
#   snakemake leave-one-out --cores 8 --resources gpu=1 --configfile config/embryoid.yaml
#                                                                      each interior snapshot from all the others
#   snakemake ablations --cores 8 --resources gpu=1 --configfile config/ablations.yaml
#                                                                      what each part of the method does
#   snakemake populations --cores 8 --resources gpu=1                  networks generated from the weights of others, and
#                                                                      uncertainty bands from ensembles of them
#   snakemake paper --cores 8 --resources gpu=1 --configfile config/paper.yaml
#                                                                      the paper's tables, ablations and figures
#
#   make figures                                                       figures and report from saved results
#   snakemake archive --cores 1 --configfile results/settings.yaml     these, in one file
#   snakemake provenance --cores 1 --config artefact=results/…         what a figure was made from
#
# The stages, in order, are the includes below, a file each in workflow/rules; each rule calls the script of its own name
# in workflow/scripts.
from snakemake.utils import min_version

min_version("9.0")


# A config that names data sets stands alone; anything less changes the default run.
IS_DEFAULT_RUN = "datasets" not in config
if IS_DEFAULT_RUN:

    configfile: workflow.source_path("config/config.yaml")


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/listings.smk"
include: "workflow/rules/refusals.smk"
include: "workflow/rules/populations.smk"


# What makes results. Where figures are made of saved ones, these are taken as they are.
if not FROM_SAVED:

    include: "workflow/rules/data.smk"
    include: "workflow/rules/exact_law.smk"
    include: "workflow/rules/anchors.smk"
    include: "workflow/rules/weight_graph.smk"
    include: "workflow/rules/latent_path.smk"
    include: "workflow/rules/teaching.smk"
    include: "workflow/rules/spline.smk"
    include: "workflow/rules/dynamics.smk"
    include: "workflow/rules/prediction.smk"
    include: "workflow/rules/ot_cfm.smk"
    include: "workflow/rules/evaluation.smk"
    include: "workflow/rules/estimate.smk"
    include: "workflow/rules/run_description.smk"
    include: "workflow/rules/population_training.smk"
    include: "workflow/rules/bands.smk"


MADE = {rule.name for rule in workflow.rules}


include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/population_report.smk"


rule all:
    default_target: True
    input:
        damaged,
        WHOLE_RUN,


rule paper:
    # The paper's whole study; without published results or factors, what there is.
    input:
        damaged,
        WHOLE_RUN,
        "results/table1.csv" if COMPARED else [],
        "results/ablations.csv" if FACTORS else [],
        [ablation_figures(d) for d in STUDIED],
        OVERALL,


rule figures:
    # `make figures` makes them of saved results alone (profiles/figures), and `snakemake archive` packs what that takes.
    input:
        damaged,
        drawn,


rule ablations:
    input:
        damaged,
        "results/ablations.csv",
        [ablation_figures(d) for d in STUDIED],


rule populations:
    # Networks generated from the weights of others, and what they are worth; bands from ensembles of networks.
    input:
        damaged,
        populations_asked,


if not FROM_SAVED:

    include: "workflow/rules/archive.smk"

    rule archive:
        # Everything that `make figures` takes, in one file.
        input:
            damaged,
            rules.archive_results.output,

    rule predict:
        # Samples of every model at the times of `prediction`, in its format.
        input:
            damaged,
            expand(
                "results/{dataset}/predictions/{model}-seed{seed}.{format}",
                dataset=DATASETS,
                model=MODELS,
                seed=SEEDS[0],
                format=config["prediction"]["format"],
            ),

    rule:
        name:
            "leave-one-out"
        input:
            damaged,
            rules.tabulate_folds.output,
            "results/summary.csv" if config["evaluation"]["leave_one_out"] else [],

    rule estimate:
        # What a run will cost, before it.
        input:
            damaged,
            rules.tabulate_estimate.output,


include: "workflow/rules/checks.smk"
