# Figures: a rule for each entry of weightflow/plots/registry.py.

from weightflow.plots.registry import FIGURES

# Inputs and parameters of a figure by name (patterns, or functions of the wildcards), and constraints of its wildcards.
FigureJob = namedtuple("FigureJob", "inputs params only", defaults=({}, {}))

TIMES = {"times": plan.config.figures.times}
OF_DATASET = {"dataset": lambda w: w.dataset}
OF_MODEL = {"model": lambda w: w.model, "models": plan.models}
OF_SHOWN_RUN = {"model": lambda w: plan.shown_model(w.dataset), "models": plan.models, **TIMES}
STATES = {"snapshots": SNAPSHOTS}
TRUTH = {**STATES, "law": exact_law_of}
SHOWN_RUN = {**TRUTH, "prediction": lambda w: plan.prediction_of(plan.shown_model(w.dataset))}

SHOWN_MODEL = {"model": lambda w: plan.shown_model(w.dataset), "models": plan.models}
MOTION = {
    **STATES,
    "motion": lambda w: saved_motion(w.dataset),
}
BANDS = {"bands": lambda w: saved_bands(w.dataset)}

FIGURE_JOBS = {
    "course": FigureJob({**MOTION, **BANDS}, SHOWN_MODEL),
    "pictures": FigureJob(MOTION, SHOWN_MODEL),
    "answers": FigureJob(
        {**STATES, **BANDS, "answers": lambda w: saved(plan.answers_of(w.dataset))}, SHOWN_MODEL
    ),
    "trust": FigureJob(
        {
            **STATES,
            "calibration": f"{plan.folder}/{{dataset}}/calibration.csv",
            "metrics": f"{plan.folder}/metrics.csv",
            "left_out": left_out_scores,
        },
        {
            **OF_DATASET,
            "model": lambda w: plan.shown_model(w.dataset),
            "runs": lambda w: plan.runs(w.dataset),
        },
    ),
    "metrics": FigureJob(
        {**STATES, "metrics": f"{plan.folder}/metrics.csv"},
        {**OF_DATASET, "runs": lambda w: plan.runs(w.dataset)},
    ),
    "leave_one_out": FigureJob(
        {**STATES, "scores": f"{plan.folder}/leave_one_out.csv"},
        {**OF_DATASET, "runs": plan.judged},
    ),
    "marginals": FigureJob(
        {**TRUTH, **BANDS, "predictions": [plan.prediction_of(m) for m in plan.overlaid]},
        {"model": lambda w: plan.shown_model(w.dataset), "models": plan.overlaid, **TIMES},
    ),
    "moments": FigureJob(
        {"table": f"{plan.folder}/{{dataset}}/moments.csv"}, {"models": plan.overlaid}
    ),
    "joints": FigureJob(SHOWN_RUN, OF_SHOWN_RUN),
    "cells": FigureJob(
        {
            **STATES,
            "prediction": SHOWN_RUN["prediction"],
            "fold_snapshots": shown_fold_snapshots,
            "fold_predictions": lambda w: [
                plan.prediction_of(plan.shown_model(w.dataset)).format(dataset=fold)
                for fold in shown_folds(w.dataset)
            ],
        },
        OF_SHOWN_RUN,
    ),
    "landscape": FigureJob(
        {"system": lambda w: local(plan.system_file(w.dataset)), **SHOWN_RUN},
        {**OF_SHOWN_RUN, "contents": lambda w: contents([str(plan.system_file(w.dataset))])},
        {"dataset": any_of(plan.landscapes)},
    ),
    "density": FigureJob({**TRUTH, "prediction": plan.prediction_of("{model}")}, OF_MODEL),
    "weights_path": FigureJob(
        {
            **STATES,
            "graph": lambda w: plan.graph_of(w.model).replace("{seed}", str(plan.seeds[0])),
            "prediction": plan.prediction_of("{model}"),
        },
        {**OF_MODEL, **TIMES},
        {"model": any_of(plan.models)},
    ),
    "path_energy": FigureJob(
        {**STATES, "table": f"{plan.folder}/{{dataset}}/path_energy.csv"}, {"runs": plan.moving}
    ),
    "latent_path": FigureJob(
        {
            **STATES,
            "paths": of_first_seed(
                f"{RUN}/latent_path.safetensors", model=plan.among_models(plan.driven)
            ),
        },
        {"models": plan.among_models(plan.driven)},
    ),
    "losses": FigureJob(
        {
            **STATES,
            "anchors": of_first_seed(
                "results/{dataset}/anchors/{anchors}/seed{seed}/losses.csv",
                anchors=plan.sharing(stages.anchor_label, plan.models),
            ),
            "paths": of_first_seed(
                f"{RUN}/latent_path_losses.csv", model=plan.among_models(plan.driven)
            ),
            "splines": of_first_seed(
                "results/{dataset}/splines/{spline}/seed{seed}/losses.csv",
                spline=plan.sharing(stages.spline_label, plan.among_models(plan.curved)),
            ),
            "dynamics": of_first_seed(
                f"{RUN}/dynamics_losses.csv", model=plan.among_models(plan.fields)
            ),
            "steps": of_first_seed(f"{RUN}/steps.csv", model=plan.among_models(plan.stepped)),
        },
        {
            "models": plan.models,
            "driven": plan.among_models(plan.driven),
            "anchors": list(plan.sharing(stages.anchor_label, plan.models).values()),
            "splines": list(
                plan.sharing(stages.spline_label, plan.among_models(plan.curved)).values()
            ),
            "fields": plan.among_models(plan.fields),
            "stepped": plan.among_models(plan.stepped),
        },
    ),
    "teachers": FigureJob(
        {
            **STATES,
            "teachers": lambda w: [choice.made for choice in plan.teachers_chosen(w.dataset)],
            "scores": lambda w: [choice.scores for choice in plan.teachers_chosen(w.dataset)],
        },
        {
            "models": lambda w: [choice.models for choice in plan.teachers_chosen(w.dataset)],
            "most": SHOWN_TEACHERS,
        },
    ),
    "inference": FigureJob(
        {**TRUTH, "summary": f"{plan.folder}/summary.csv", "runtime": f"{plan.folder}/runtime.csv"},
        {**OF_DATASET, "runs": lambda w: plan.runs(w.dataset)},
    ),
    "ablation": FigureJob(
        {**TRUTH, "table": f"{plan.folder}/ablations.csv"},
        {
            **OF_DATASET,
            "factor": lambda w: w.factor,
            "label": lambda w: plan.config.ablations.labels.get(w.factor),
        },
        {"factor": any_of(plan.factors)},
    ),
    "sample_size": FigureJob(
        {**TRUTH, "table": f"{plan.folder}/sample_size.csv"},
        {**OF_DATASET, "factor": lambda w: w.factor},
        {"factor": any_of(list(dict.fromkeys(size.factor for size in plan.sample_sizes)))},
    ),
    "table1": FigureJob(
        {"table": f"{plan.folder}/table1.csv"},
        {"runs": list(dict.fromkeys(run for d in plan.published for run in plan.runs(d)))},
    ),
    "model_size": FigureJob({"table": f"{plan.folder}/model_size.csv"}),
    "growth": FigureJob({"measurements": "results/benchmarks.json"}),
    "rulegraph": FigureJob({"graph": f"{plan.folder}/rulegraph.dot"}),
    "networks": FigureJob(
        {
            "accuracies": [
                f"{POPULATION}/seed{seed}/metrics/accuracies-{layout}.csv"
                for layout in LAYOUTS
                for seed in plan.seeds
            ],
            "population": members("aligned.safetensors", plan.seeds[0]),
            "generated": lambda w: populations().generated(w.population, "aligned", plan.seeds[0]),
        },
        {
            "layouts": [layout for layout in LAYOUTS for _ in plan.seeds],
            "generated": fitted_to("aligned"),
        },
    ),
    "frontier": FigureJob(
        {"tables": [f"{POPULATION}/seed{seed}/metrics/frontier.csv" for seed in plan.seeds]}
    ),
    "learning": FigureJob(
        {
            "curves": members("curves.csv", plan.seeds[0]),
            "generators": lambda w: [
                f"results/populations/{w.population}/seed{plan.seeds[0]}/generators/{name}-{layout}.csv"
                for name, layout in populations().learned(w.population)
            ],
            "autoencoders": of_each_structural(
                f"{POPULATION}/seed{plan.seeds[0]}/autoencoders/{BASE}/{{structural}}/losses.csv"
            ),
        },
        {
            "generators": lambda w: populations().learned(w.population),
            "structural": structural_of,
        },
    ),
    "decoded": FigureJob(
        {"tables": [f"{POPULATION}/seed{seed}/metrics/decoded.csv" for seed in plan.seeds]}
    ),
    "agreement": FigureJob(
        {"tables": [f"{POPULATION}/seed{seed}/metrics/decoded.csv" for seed in plan.seeds]}
    ),
    "probes": FigureJob(
        {"tables": [f"{POPULATION}/seed{seed}/metrics/reconstructed.csv" for seed in plan.seeds]}
    ),
    "variants": FigureJob(
        {"tables": [f"{POPULATION}/seed{seed}/metrics/variants.csv" for seed in plan.seeds]}
    ),
    "transfer": FigureJob(
        {"tables": [f"{POPULATION}/seed{seed}/metrics/transfer.csv" for seed in plan.seeds]}
    ),
}


for figure in FIGURES.values():

    rule:
        name:
            figure.rule
        input:
            **FIGURE_JOBS[figure.name].inputs,
        output:
            report(
                figure.files(plan.folder)[0],
                caption=f"../report/{figure.name}.rst",
                category="Figures",
                labels={"data set": figure.subject, "figure": figure.label},
            ),
            *figure.files(plan.folder)[1:],
        log:
            figure.log(plan.folder),
        wildcard_constraints:
            **FIGURE_JOBS[figure.name].only,
        group:
            "figures"
        conda:
            "../../envs/analysis.yaml"
        params:
            **FIGURE_JOBS[figure.name].params,
            figure=figure.name,
            code=code("plot.py", f"weightflow/plots/{figure.name}.py"),
        message:
            f"Draw a figure of {figure.subject}: {figure.label}.".replace("{", "{wildcards.")
        script:
            "../scripts/plot.py"
