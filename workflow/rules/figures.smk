# Figures: metrics, distributions, paths, fits, and what goes beyond one data set.


rule plot_metrics:
    input:
        snapshots=SNAPSHOTS,
        metrics="results/metrics.csv",
    output:
        report(
            "results/{dataset}/figures/metrics.png",
            caption="../report/metrics.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "metrics"},
        ),
        "results/{dataset}/figures/metrics.pdf",
    log:
        "results/{dataset}/logs/figures/plot_metrics.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=lambda w: runs(w.dataset),
        code=code("plot_metrics.py"),
    script:
        "../scripts/plot_metrics.py"


rule plot_marginals:
    input:
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        predictions=[prediction_of(m) for m in OVERLAID],
    output:
        report(
            "results/{dataset}/figures/marginals.png",
            caption="../report/marginals.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "marginals"},
        ),
        "results/{dataset}/figures/marginals.pdf",
    log:
        "results/{dataset}/logs/figures/plot_marginals.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        models=OVERLAID,
        times=config["figures"]["times"],
        code=code("plot_marginals.py"),
    script:
        "../scripts/plot_marginals.py"


rule plot_leave_one_out:
    input:
        snapshots=SNAPSHOTS,
        scores="results/leave_one_out.csv",
    output:
        report(
            "results/{dataset}/figures/leave_one_out.png",
            caption="../report/leave_one_out.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "left-out snapshots"},
        ),
        "results/{dataset}/figures/leave_one_out.pdf",
    log:
        "results/{dataset}/logs/figures/plot_leave_one_out.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=[*MODELS, *config["baselines"]],
        code=code("plot_leave_one_out.py"),
    script:
        "../scripts/plot_leave_one_out.py"


rule plot_moments:
    input:
        "results/{dataset}/moments.csv",
    output:
        report(
            "results/{dataset}/figures/moments.png",
            caption="../report/moments.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "moments"},
        ),
        "results/{dataset}/figures/moments.pdf",
    log:
        "results/{dataset}/logs/figures/plot_moments.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        models=OVERLAID,
        code=code("plot_moments.py"),
    script:
        "../scripts/plot_moments.py"


rule plot_cells:
    input:
        snapshots=SNAPSHOTS,
        prediction=lambda w: prediction_of(shown_model(w.dataset)),
        fold_snapshots=shown_fold_snapshots,
        fold_predictions=lambda w: [
            prediction_of(shown_model(w.dataset)).format(dataset=fold)
            for fold in shown_folds(w.dataset)
        ],
    output:
        report(
            "results/{dataset}/figures/cells.png",
            caption="../report/cells.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "cells"},
        ),
        "results/{dataset}/figures/cells.pdf",
    log:
        "results/{dataset}/logs/figures/plot_cells.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        model=lambda w: shown_model(w.dataset),
        models=MODELS,
        times=config["figures"]["times"],
        code=code("plot_cells.py"),
    script:
        "../scripts/plot_cells.py"


rule plot_joints:
    input:
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        prediction=lambda w: prediction_of(shown_model(w.dataset)),
    output:
        report(
            "results/{dataset}/figures/joints.png",
            caption="../report/joints.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "joint densities"},
        ),
        "results/{dataset}/figures/joints.pdf",
    log:
        "results/{dataset}/logs/figures/plot_joints.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        model=lambda w: shown_model(w.dataset),
        models=MODELS,
        times=config["figures"]["times"],
        code=code("plot_joints.py"),
    script:
        "../scripts/plot_joints.py"


rule plot_landscape:
    input:
        system=lambda w: local(system_file(w.dataset)),
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        prediction=lambda w: prediction_of(shown_model(w.dataset)),
    output:
        report(
            "results/{dataset}/figures/landscape.png",
            caption="../report/landscape.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "fitness landscape"},
        ),
        "results/{dataset}/figures/landscape.pdf",
    log:
        "results/{dataset}/logs/figures/plot_landscape.log",
    wildcard_constraints:
        dataset=any_of([d for d in DATASETS if has_landscape(d)]),
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        model=lambda w: shown_model(w.dataset),
        models=MODELS,
        times=config["figures"]["times"],
        contents=lambda w: contents([str(system_file(w.dataset))]),
        code=code("plot_landscape.py"),
    script:
        "../scripts/plot_landscape.py"


rule animate_density:
    input:
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        prediction=prediction_of("{model}"),
    output:
        report(
            "results/{dataset}/figures/density-{model}.gif",
            caption="../report/density.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "density in motion, {model}"},
        ),
    log:
        "results/{dataset}/logs/figures/animate_density-{model}.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        models=MODELS,
        code=code("animate_density.py"),
    script:
        "../scripts/animate_density.py"


rule plot_weights_path:
    input:
        snapshots=SNAPSHOTS,
        graph=lambda w: f"{anchors_of(w.model)}/weight_graph.safetensors".replace(
            "{seed}", str(FIRST_SEED)
        ),
        prediction=prediction_of("{model}"),
    output:
        report(
            "results/{dataset}/figures/weights_path-{model}.png",
            caption="../report/weights_path.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "weights' path, {model}"},
        ),
        "results/{dataset}/figures/weights_path-{model}.pdf",
    log:
        "results/{dataset}/logs/figures/plot_weights_path-{model}.log",
    wildcard_constraints:
        model=any_of(MODELS),
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        models=MODELS,
        times=config["figures"]["times"],
        code=code("plot_weights_path.py"),
    script:
        "../scripts/plot_weights_path.py"


rule plot_latent_path:
    input:
        snapshots=SNAPSHOTS,
        paths=expand(
            "results/{dataset}/runs/{model}/seed{seed}/latent_path.safetensors",
            model=DRIVEN,
            seed=FIRST_SEED,
            allow_missing=True,
        ),
    output:
        report(
            "results/{dataset}/figures/latent_path.png",
            caption="../report/latent_path.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "latent path"},
        ),
        "results/{dataset}/figures/latent_path.pdf",
    log:
        "results/{dataset}/logs/figures/plot_latent_path.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        models=DRIVEN,
        code=code("plot_latent_path.py"),
    script:
        "../scripts/plot_latent_path.py"


rule plot_losses:
    input:
        snapshots=SNAPSHOTS,
        anchors=expand(
            "results/{dataset}/anchors/{anchors}/seed{seed}/losses.csv",
            anchors=sharing(stages.anchor_label, MODELS),
            seed=FIRST_SEED,
            allow_missing=True,
        ),
        paths=expand(
            "results/{dataset}/runs/{model}/seed{seed}/latent_path_losses.csv",
            model=DRIVEN,
            seed=FIRST_SEED,
            allow_missing=True,
        ),
        splines=expand(
            "results/{dataset}/splines/{spline}/seed{seed}/losses.csv",
            spline=sharing(stages.spline_label, [m for m in MODELS if m in CURVED]),
            seed=FIRST_SEED,
            allow_missing=True,
        ),
        dynamics=expand(
            "results/{dataset}/runs/{model}/seed{seed}/dynamics_losses.csv",
            model=[m for m in MODELS if m in FIELDS],
            seed=FIRST_SEED,
            allow_missing=True,
        ),
        steps=expand(
            "results/{dataset}/runs/{model}/seed{seed}/steps.csv",
            model=[m for m in MODELS if m in STEPPED],
            seed=FIRST_SEED,
            allow_missing=True,
        ),
    output:
        report(
            "results/{dataset}/figures/losses.png",
            caption="../report/losses.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "losses"},
        ),
        "results/{dataset}/figures/losses.pdf",
    log:
        "results/{dataset}/logs/figures/plot_losses.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        models=MODELS,
        driven=DRIVEN,
        anchors=list(sharing(stages.anchor_label, MODELS).values()),
        splines=list(sharing(stages.spline_label, [m for m in MODELS if m in CURVED]).values()),
        fields=[m for m in MODELS if m in FIELDS],
        stepped=[m for m in MODELS if m in STEPPED],
        code=code("plot_losses.py"),
    script:
        "../scripts/plot_losses.py"


rule plot_teachers:
    input:
        snapshots=SNAPSHOTS,
        teachers=lambda w: [choice.made for choice in teachers_chosen(w.dataset)],
        scores=lambda w: [choice.scores for choice in teachers_chosen(w.dataset)],
    output:
        report(
            "results/{dataset}/figures/teachers.png",
            caption="../report/teachers.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "teachers"},
        ),
        "results/{dataset}/figures/teachers.pdf",
    log:
        "results/{dataset}/logs/figures/plot_teachers.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        models=lambda w: [choice.models for choice in teachers_chosen(w.dataset)],
        most=SHOWN_TEACHERS,
        code=code("plot_teachers.py"),
    script:
        "../scripts/plot_teachers.py"


rule plot_inference:
    input:
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        summary="results/summary.csv",
        runtime="results/runtime.csv",
    output:
        report(
            "results/{dataset}/figures/inference.png",
            caption="../report/inference.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "cost against error"},
        ),
        "results/{dataset}/figures/inference.pdf",
    log:
        "results/{dataset}/logs/figures/plot_inference.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=lambda w: runs(w.dataset),
        code=code("plot_inference.py"),
    script:
        "../scripts/plot_inference.py"


rule plot_ablation:
    input:
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        table="results/ablations.csv",
    output:
        report(
            "results/{dataset}/figures/ablation-{factor}.png",
            caption="../report/ablation.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "ablation, {factor}"},
        ),
        "results/{dataset}/figures/ablation-{factor}.pdf",
    log:
        "results/{dataset}/logs/figures/plot_ablation-{factor}.log",
    wildcard_constraints:
        factor=any_of(FACTORS),
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        label=lambda w: config["ablations"]["labels"].get(w.factor),
        code=code("plot_ablation.py"),
    script:
        "../scripts/plot_ablation.py"


rule plot_published:
    input:
        "results/table1.csv",
    output:
        report(
            "results/figures/table1.png",
            caption="../report/table1.rst",
            category="Figures",
            labels={"data set": "all", "figure": "beside the published results"},
        ),
        "results/figures/table1.pdf",
    log:
        "results/logs/plot_published.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=list(dict.fromkeys(run for d in COMPARED for run in runs(d))),
        code=code("plot_published.py"),
    script:
        "../scripts/plot_published.py"


rule plot_model_size:
    input:
        "results/model_size.csv",
    output:
        report(
            "results/figures/model_size.png",
            caption="../report/model_size.rst",
            category="Figures",
            labels={"data set": "all", "figure": "size of models"},
        ),
        "results/figures/model_size.pdf",
    log:
        "results/logs/plot_model_size.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("plot_model_size.py"),
    script:
        "../scripts/plot_model_size.py"


rule plot_growth:
    input:
        "results/benchmarks.json",
    output:
        report(
            "results/figures/growth.png",
            caption="../report/growth.rst",
            category="Figures",
            labels={"data set": "none", "figure": "growth of the work"},
        ),
        "results/figures/growth.pdf",
    log:
        "results/logs/plot_growth.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("plot_growth.py"),
    script:
        "../scripts/plot_growth.py"


rule plot_rulegraph:
    input:
        "results/rulegraph.dot",
    output:
        report(
            "results/figures/rulegraph.png",
            caption="../report/rulegraph.rst",
            category="Figures",
            labels={"data set": "all", "figure": "rules"},
        ),
        "results/figures/rulegraph.pdf",
    log:
        "results/logs/plot_rulegraph.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("plot_rulegraph.py"),
    script:
        "../scripts/plot_rulegraph.py"
