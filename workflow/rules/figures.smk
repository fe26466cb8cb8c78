# Figures: a rule for each one of weightflow/plots/registry.py.

# What one figure takes: files and parameters by name, and which wildcards its files may have. Patterns, or functions of
# the wildcards.
FigureJob = namedtuple("FigureJob", "inputs params only", defaults=({}, {}))

RUN = "results/{dataset}/runs/{model}/seed{seed}"
TIMES = {"times": config["figures"]["times"]}
OF_DATASET = {"dataset": lambda w: w.dataset}
OF_MODEL = {"model": lambda w: w.model, "models": MODELS}
OF_SHOWN_RUN = {"model": lambda w: shown_model(w.dataset), "models": MODELS, **TIMES}
STATES = {"snapshots": SNAPSHOTS}
TRUTH = {**STATES, "law": exact_law_of}
SHOWN_RUN = {**TRUTH, "prediction": lambda w: prediction_of(shown_model(w.dataset))}

FIGURE_JOBS = {
    "metrics": FigureJob(
        {**STATES, "metrics": "results/metrics.csv"},
        {**OF_DATASET, "runs": lambda w: runs(w.dataset)},
    ),
    "leave_one_out": FigureJob(
        {**STATES, "scores": "results/leave_one_out.csv"},
        {**OF_DATASET, "runs": [*MODELS, *config["baselines"]]},
    ),
    "marginals": FigureJob(
        {**TRUTH, "predictions": [prediction_of(m) for m in OVERLAID]},
        {"models": OVERLAID, **TIMES},
    ),
    "moments": FigureJob({"table": "results/{dataset}/moments.csv"}, {"models": OVERLAID}),
    "joints": FigureJob(SHOWN_RUN, OF_SHOWN_RUN),
    "cells": FigureJob(
        {
            **STATES,
            "prediction": SHOWN_RUN["prediction"],
            "fold_snapshots": shown_fold_snapshots,
            "fold_predictions": lambda w: [
                prediction_of(shown_model(w.dataset)).format(dataset=fold)
                for fold in shown_folds(w.dataset)
            ],
        },
        OF_SHOWN_RUN,
    ),
    "landscape": FigureJob(
        {"system": lambda w: local(system_file(w.dataset)), **SHOWN_RUN},
        {**OF_SHOWN_RUN, "contents": lambda w: contents([str(system_file(w.dataset))])},
        {"dataset": any_of([d for d in DATASETS if has_landscape(d)])},
    ),
    "density": FigureJob({**TRUTH, "prediction": prediction_of("{model}")}, OF_MODEL),
    "weights_path": FigureJob(
        {
            **STATES,
            "graph": lambda w: f"{anchors_of(w.model)}/weight_graph.safetensors".replace(
                "{seed}", str(FIRST_SEED)
            ),
            "prediction": prediction_of("{model}"),
        },
        {**OF_MODEL, **TIMES},
        {"model": any_of(MODELS)},
    ),
    "latent_path": FigureJob(
        {**STATES, "paths": of_first_seed(f"{RUN}/latent_path.safetensors", model=DRIVEN)},
        {"models": DRIVEN},
    ),
    "losses": FigureJob(
        {
            **STATES,
            "anchors": of_first_seed(
                "results/{dataset}/anchors/{anchors}/seed{seed}/losses.csv",
                anchors=sharing(stages.anchor_label, MODELS),
            ),
            "paths": of_first_seed(f"{RUN}/latent_path_losses.csv", model=DRIVEN),
            "splines": of_first_seed(
                "results/{dataset}/splines/{spline}/seed{seed}/losses.csv",
                spline=sharing(stages.spline_label, [m for m in MODELS if m in CURVED]),
            ),
            "dynamics": of_first_seed(
                f"{RUN}/dynamics_losses.csv", model=[m for m in MODELS if m in FIELDS]
            ),
            "steps": of_first_seed(f"{RUN}/steps.csv", model=[m for m in MODELS if m in STEPPED]),
        },
        {
            "models": MODELS,
            "driven": DRIVEN,
            "anchors": list(sharing(stages.anchor_label, MODELS).values()),
            "splines": list(
                sharing(stages.spline_label, [m for m in MODELS if m in CURVED]).values()
            ),
            "fields": [m for m in MODELS if m in FIELDS],
            "stepped": [m for m in MODELS if m in STEPPED],
        },
    ),
    "teachers": FigureJob(
        {
            **STATES,
            "teachers": lambda w: [choice.made for choice in teachers_chosen(w.dataset)],
            "scores": lambda w: [choice.scores for choice in teachers_chosen(w.dataset)],
        },
        {
            "models": lambda w: [choice.models for choice in teachers_chosen(w.dataset)],
            "most": SHOWN_TEACHERS,
        },
    ),
    "inference": FigureJob(
        {**TRUTH, "summary": "results/summary.csv", "runtime": "results/runtime.csv"},
        {**OF_DATASET, "runs": lambda w: runs(w.dataset)},
    ),
    "ablation": FigureJob(
        {**TRUTH, "table": "results/ablations.csv"},
        {
            **OF_DATASET,
            "factor": lambda w: w.factor,
            "label": lambda w: config["ablations"]["labels"].get(w.factor),
        },
        {"factor": any_of(FACTORS)},
    ),
    "table1": FigureJob(
        {"table": "results/table1.csv"},
        {"runs": list(dict.fromkeys(run for d in COMPARED for run in runs(d)))},
    ),
    "model_size": FigureJob({"table": "results/model_size.csv"}),
    "growth": FigureJob({"measurements": "results/benchmarks.json"}),
    "rulegraph": FigureJob({"graph": "results/rulegraph.dot"}),
    "networks": FigureJob(
        {
            "accuracies": [
                f"{POPULATION}/seed{seed}/metrics/accuracies-{layout}.csv"
                for layout in LAYOUTS
                for seed in SEEDS
            ],
            "population": f"{POPULATION}/seed{FIRST_SEED}/aligned.safetensors",
            "flow": generated("aligned", FIRST_SEED),
        },
        {"layouts": [layout for layout in LAYOUTS for _ in SEEDS]},
    ),
    "learning": FigureJob(
        {
            "curves": f"{POPULATION}/seed{FIRST_SEED}/curves.csv",
            "flows": lambda w: expand(
                f"results/populations/{w.population}/seed{FIRST_SEED}/flows/{{layout}}.csv",
                layout=flows_of(w),
            ),
            "autoencoders": of_each_structural(
                f"{POPULATION}/seed{FIRST_SEED}/autoencoders/{{structural}}/losses.csv"
            ),
        },
        {"layouts": flows_of, "structural": structural_of},
    ),
    "bands": FigureJob(
        {**TRUTH, "bands": f"results/{{dataset}}/bands/seed{FIRST_SEED}/bands.safetensors"},
        TIMES,
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
                figure.files[0],
                caption=f"../report/{figure.name}.rst",
                category="Figures",
                labels={"data set": figure.subject, "figure": figure.label},
            ),
            *figure.files[1:],
        log:
            figure.log,
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
