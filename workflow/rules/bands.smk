# Uncertainty bands: an ensemble of anchors for each snapshot, a flow over them that is conditional on time, and bands
# about the marginals that these networks predict.


rule train_anchor_ensemble:
    input:
        snapshots=SNAPSHOTS,
        refused=unsuited,
    output:
        f"{BAND}/ensemble.safetensors",
    log:
        "results/{dataset}/logs/bands/seed{seed}/train_anchor_ensemble.log",
    benchmark:
        "results/{dataset}/benchmarks/bands/seed{seed}/train_anchor_ensemble.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: populations().ensemble_settings(w.dataset),
        members=lambda w: populations().bands[w.dataset].members,
        seed=lambda w: int(w.seed),
        code=code("train_anchor_ensemble.py"),
    message:
        "Train the anchor ensemble on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/train_anchor_ensemble.py"


rule fit_band_flow:
    input:
        ensemble=rules.train_anchor_ensemble.output[0],
    output:
        f"{BAND}/flow.safetensors",
    log:
        "results/{dataset}/logs/bands/seed{seed}/fit_band_flow.log",
    benchmark:
        "results/{dataset}/benchmarks/bands/seed{seed}/fit_band_flow.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=band_settings_of("flow", "clock"),
        seed=lambda w: int(w.seed),
        code=code("fit_band_flow.py"),
    message:
        "Fit the flow over the anchor ensemble on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/fit_band_flow.py"


rule predict_bands:
    input:
        snapshots=SNAPSHOTS,
        ensemble=rules.train_anchor_ensemble.output[0],
        flow=rules.fit_band_flow.output[0],
    output:
        f"{BAND}/bands.safetensors",
    log:
        "results/{dataset}/logs/bands/seed{seed}/predict_bands.log",
    benchmark:
        "results/{dataset}/benchmarks/bands/seed{seed}/predict_bands.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        runtime=stage_minutes,
    params:
        settings=band_settings_of("clock", "networks", "level"),
        backbone=lambda w: populations().banding(w.dataset).backbone.plain(),
        share=lambda w: populations().banding(w.dataset).data.share,
        seed=lambda w: int(w.seed),
        code=code("predict_bands.py"),
    message:
        "Predict the bands of {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/predict_bands.py"


rule evaluate_bands:
    input:
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        bands=rules.predict_bands.output[0],
    output:
        f"{BAND}/coverage.csv",
    log:
        "results/{dataset}/logs/bands/seed{seed}/evaluate_bands.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        code=code("evaluate_bands.py"),
    message:
        "Evaluate the bands of {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_bands.py"
