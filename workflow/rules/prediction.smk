# Prediction: distributions at every time of the data, from models, interpolated anchors and baselines.


rule predict_field:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        graph=lambda w: f"{anchors_of(w.model)}/weight_graph.safetensors",
        path=driving_path,
        curve=lambda w: spline_of(w.model),
        dynamics=rules.fit_dynamics.output.dynamics,
    output:
        "results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_field.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/predict.tsv"
    wildcard_constraints:
        model=any_of(FIELDS),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        settings=model_settings("dynamics", "solver", "continuation"),
        samples=config["evaluation"]["samples"],
        code=code("predict_field.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    script:
        "../scripts/predict_field.py"


rule predict_spline:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        graph=lambda w: f"{anchors_of(w.model)}/weight_graph.safetensors",
        curve=lambda w: spline_of(w.model),
    output:
        "results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_spline.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/predict.tsv"
    wildcard_constraints:
        model=any_of([m for m in SETTINGS if m not in FIELDS]),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        settings=model_settings("continuation"),
        samples=config["evaluation"]["samples"],
        code=code("predict_spline.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    script:
        "../scripts/predict_spline.py"


rule predict_interpolation:
    # With all seeds, as baselines are.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        graphs=lambda w: expand(
            f"{anchors_of(MODELS[0])}/weight_graph.safetensors",
            seed=SEEDS,
            allow_missing=True,
        ),
    output:
        expand(
            "results/{{dataset}}/runs/{{model}}/seed{seed}/prediction.safetensors",
            seed=SEEDS,
        ),
    log:
        "results/{dataset}/logs/{model}/predict_interpolation.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/predict.tsv"
    wildcard_constraints:
        model=any_of(predicted_by("interpolation")),
    group:
        "scores"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        runtime=stage_minutes,
    params:
        interpolation=lambda w: BASELINES[w.model].draw.name,
        seeds=SEEDS,
        samples=config["evaluation"]["samples"],
        code=code("predict_interpolation.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, all seeds"
    script:
        "../scripts/predict_interpolation.py"


rule predict_baseline:
    # With all seeds: a job takes longer to start than to predict with one of them.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        law=exact_law_of,
    output:
        expand(
            "results/{{dataset}}/runs/{{model}}/seed{seed}/prediction.safetensors",
            seed=SEEDS,
        ),
    log:
        "results/{dataset}/logs/{model}/predict_baseline.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/predict.tsv"
    wildcard_constraints:
        model=any_of([*predicted_by("cloud"), *floors_of(True)]),
    group:
        "scores"
    conda:
        "../../envs/analysis.yaml"
    threads: one_thread
    resources:
        runtime=stage_minutes,
    params:
        seeds=SEEDS,
        samples=config["evaluation"]["samples"],
        code=code("predict_baseline.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, all seeds"
    script:
        "../scripts/predict_baseline.py"


rule predict_times:
    # At times of the user's, for whoever goes on with the samples.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        graph=lambda w: f"{anchors_of(w.model)}/weight_graph.safetensors",
        path=driving_path,
        curve=lambda w: spline_of(w.model),
        dynamics=lambda w: rules.fit_dynamics.output.dynamics if w.model in FIELDS else [],
    output:
        "results/{dataset}/predictions/{model}-seed{seed}.{format}",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_times-{format}.log",
    wildcard_constraints:
        model=any_of(SETTINGS),
        format=any_of(EXPORT_FORMATS),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        settings=model_settings("dynamics", "solver", "continuation"),
        model=lambda w: SETTINGS[w.model],
        times=config["prediction"]["times"],
        samples=config["prediction"]["samples"],
        time_column=lambda w: dataset_settings(w)["time_column"],
        matrix=origin,
        about=lambda w: {"dataset": w.dataset, "model": w.model, "source": source_of(w.dataset)},
        code=code("predict_times.py"),
    message:
        "Export samples of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/predict_times.py"
