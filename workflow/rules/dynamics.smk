# Dynamics: the field that moves the weights through time.


rule fit_dynamics:
    input:
        graph=lambda w: f"{anchors_of(w.model)}/weight_graph.safetensors",
        path=driving_path,
        start=lambda w: config["models"][w.model]["training"]["start_from"] or [],
    output:
        dynamics="results/{dataset}/runs/{model}/seed{seed}/dynamics.safetensors",
        losses="results/{dataset}/runs/{model}/seed{seed}/dynamics_losses.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/fit_dynamics.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/fit_dynamics.tsv"
    wildcard_constraints:
        model=any_of(MODELS),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    resources:
        gpu=1,
    params:
        settings=model_settings("dynamics", "solver", "training"),
        code=code("fit_dynamics.py"),
    script:
        "../scripts/fit_dynamics.py"
