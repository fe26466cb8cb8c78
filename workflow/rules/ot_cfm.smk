# OT-CFM, a baseline with its own network: the fit, and samples at every time of the data.


rule fit_ot_cfm:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
    output:
        "results/{dataset}/runs/{model}/seed{seed}/ot_cfm.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/fit_ot_cfm.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/fit_ot_cfm.tsv"
    wildcard_constraints:
        model="ot_cfm",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=plan.config.ot_cfm.plain(),
        code=code("fit_ot_cfm.py"),
    message:
        "Fit the flow of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/fit_ot_cfm.py"


rule predict_ot_cfm:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        flow=rules.fit_ot_cfm.output[0],
    output:
        "results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_ot_cfm.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/predict.tsv"
    wildcard_constraints:
        model="ot_cfm",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        samples=plan.config.evaluation.samples,
        code=code("predict_ot_cfm.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    script:
        "../scripts/predict_ot_cfm.py"
