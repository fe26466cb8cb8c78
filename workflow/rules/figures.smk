# Figures: what the metrics, distributions, paths and fits look like.

OVERLAID = [*MODELS, *(b for b in ("mixture", "transport_spline") if b in config["baselines"])]


rule plot_metrics:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        metrics=rules.tabulate_metrics.output.metrics,
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
        scores=rules.tabulate_folds.output.scores,
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
        rules.tabulate_moments.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
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
        snapshots=rules.prepare_snapshots.output[0],
        teachers=lambda w: [c[3] for c in chosen(w.dataset) if c[0] == "teacher"],
        scores=lambda w: [c[4] for c in chosen(w.dataset) if c[0] == "teacher"],
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
        models=lambda w: [c[1] for c in chosen(w.dataset) if c[0] == "teacher"],
        most=SHOWN_TEACHERS,
        code=code("plot_teachers.py"),
    script:
        "../scripts/plot_teachers.py"


rule plot_inference:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        summary=rules.tabulate_metrics.output.summary,
        runtime=rules.tabulate_runtime.output[0],
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
