# OT-CFM, a baseline with a network of its own: its fit, and its samples at every time of the data.


rule fit_flow:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
    output:
        "results/{dataset}/runs/{model}/seed{seed}/flow.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/fit_flow.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/fit_flow.tsv"
    wildcard_constraints:
        model=any_of(FLOWS),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        code=code("fit_flow.py"),
    message:
        "Fit the flow of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/fit_flow.py"


rule predict_flow:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        flow=rules.fit_flow.output[0],
    output:
        "results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_flow.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/predict.tsv"
    wildcard_constraints:
        model=any_of(FLOWS),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        samples=config["evaluation"]["samples"],
        code=code("predict_flow.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    script:
        "../scripts/predict_flow.py"
