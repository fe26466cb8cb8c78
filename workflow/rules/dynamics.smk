# Dynamics: the field that moves the weights through time.


rule choose_steps:
    # Anchors and latent path are trained again on the part of the data outside of the validation split.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        teacher=lambda w: plan.teacher_of(w.model),
        choice=lambda w: plan.choice_of(w.model),
        start=start_of,
    output:
        steps="results/{dataset}/runs/{model}/seed{seed}/steps.json",
        scores="results/{dataset}/runs/{model}/seed{seed}/steps.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/choose_steps.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/choose_steps.tsv"
    wildcard_constraints:
        model=any_of(plan.stepped),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=model_settings(
            "data",
            "backbone",
            "anchors",
            "teacher",
            "selection",
            "spline",
            "path",
            "dynamics",
            "solver",
            "training",
        ),
        contents=start_contents,
        code=code("choose_steps.py"),
    message:
        "Choose the steps of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/choose_steps.py"


rule fit_dynamics:
    input:
        graph=lambda w: plan.graph_of(w.model),
        path=lambda w: plan.path_of(w.model),
        snapshots=lambda w: (
            rules.prepare_snapshots.output[0] if w.model in plan.having(stages.sees_states) else []
        ),
        teacher=lambda w: plan.teacher_of(w.model),
        choice=lambda w: plan.choice_of(w.model),
        curve=lambda w: plan.spline_of(w.model),
        steps=lambda w: rules.choose_steps.output.steps if w.model in plan.stepped else [],
        start=start_of,
        released=released_of,
    output:
        dynamics="results/{dataset}/runs/{model}/seed{seed}/dynamics.safetensors",
        losses="results/{dataset}/runs/{model}/seed{seed}/dynamics_losses.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/fit_dynamics.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/fit_dynamics.tsv"
    wildcard_constraints:
        model=any_of(plan.fields),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=model_settings("data", "dynamics", "solver", "training", "released"),
        points=lambda w: plan.settings[w.model].teacher.points if w.model in plan.taught else None,
        contents=lambda w: start_contents(w) + released_contents(w),
        code=code("fit_dynamics.py"),
    message:
        "Fit the dynamics of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/fit_dynamics.py"
