# Dynamics: the field that moves the weights through time.


def field_inputs(wildcards):
    """What a field is fitted to, beside its anchors: only what its settings ask for."""
    model = wildcards.model
    return {
        "graph": f"{anchors_of(model)}/weight_graph.safetensors",
        "path": driving_path(wildcards),
        "snapshots": rules.prepare_snapshots.output[0] if model in LEARNERS else [],
        "teacher": teacher_of(model),
        "choice": choice_of(model),
    }


rule choose_steps:
    input:
        unpack(field_inputs),
    output:
        steps="results/{dataset}/runs/{model}/seed{seed}/steps.json",
        scores="results/{dataset}/runs/{model}/seed{seed}/steps.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/choose_steps.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/choose_steps.tsv"
    wildcard_constraints:
        model=any_of(STEPPED),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    resources:
        gpu=1,
    params:
        settings=model_settings(
            "data", "teacher", "selection", "spline", "dynamics", "solver", "training"
        ),
        code=code("choose_steps.py"),
    script:
        "../scripts/choose_steps.py"


rule fit_dynamics:
    input:
        unpack(field_inputs),
        curve=lambda w: spline_of(w.model),
        steps=lambda w: rules.choose_steps.output.steps if w.model in STEPPED else [],
        start=lambda w: SETTINGS[w.model]["training"]["start_from"] or [],
    output:
        dynamics="results/{dataset}/runs/{model}/seed{seed}/dynamics.safetensors",
        losses="results/{dataset}/runs/{model}/seed{seed}/dynamics_losses.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/fit_dynamics.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/fit_dynamics.tsv"
    wildcard_constraints:
        model=any_of(FIELDS),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    resources:
        gpu=1,
    params:
        settings=model_settings("data", "dynamics", "solver", "training"),
        points=lambda w: SETTINGS[w.model]["teacher"]["points"] if w.model in TAUGHT else None,
        code=code("fit_dynamics.py"),
    script:
        "../scripts/fit_dynamics.py"
