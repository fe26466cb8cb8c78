# Prediction: distributions at every time of the data, from models, interpolated anchors and baselines.
from weightflow.baselines.registry import BASELINES, floors_of, predicted_by
from weightflow.prediction.registry import EXPORT_FORMATS


rule predict_field:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        graph=lambda w: plan.graph_of(w.model),
        path=lambda w: plan.path_of(w.model),
        curve=lambda w: plan.spline_of(w.model),
        dynamics=rules.fit_dynamics.output.dynamics,
    output:
        "results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_field.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/predict.tsv"
    wildcard_constraints:
        model=any_of(plan.fields),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        settings=model_settings("dynamics", "solver", "continuation"),
        samples=plan.config.evaluation.samples,
        code=code("predict_field.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    script:
        "../scripts/predict_field.py"


rule predict_spline:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        graph=lambda w: plan.graph_of(w.model),
        curve=lambda w: plan.spline_of(w.model),
    output:
        "results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_spline.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/predict.tsv"
    wildcard_constraints:
        model=any_of([m for m in plan.settings if m not in plan.fields]),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        settings=model_settings("continuation"),
        samples=plan.config.evaluation.samples,
        code=code("predict_spline.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, seed {wildcards.seed}"
    script:
        "../scripts/predict_spline.py"


rule predict_interpolation:
    # One job for all seeds, as for the other baselines. Its files belong to the run, since they depend on its first model.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        graphs=lambda w: expand(
            plan.graph_of(plan.models[0]),
            seed=plan.seeds,
            allow_missing=True,
        ),
    output:
        expand(
            f"{plan.folder}/{{{{dataset}}}}/runs/{{{{model}}}}/seed{{seed}}/prediction.safetensors",
            seed=plan.seeds,
        ),
    log:
        f"{plan.folder}/{{dataset}}/logs/{{model}}/predict_interpolation.log",
    benchmark:
        f"{plan.folder}/{{dataset}}/benchmarks/{{model}}/predict.tsv"
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
        seeds=plan.seeds,
        samples=plan.config.evaluation.samples,
        code=code("predict_interpolation.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, all seeds"
    script:
        "../scripts/predict_interpolation.py"


rule predict_baseline:
    # One job for all seeds, since its start-up takes longer than the prediction with a seed.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        law=exact_law_of,
    output:
        expand(
            "results/{{dataset}}/runs/{{model}}/seed{seed}/prediction.safetensors",
            seed=plan.seeds,
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
        seeds=plan.seeds,
        samples=plan.config.evaluation.samples,
        code=code("predict_baseline.py"),
    message:
        "Predict {wildcards.dataset} with {wildcards.model}, all seeds"
    script:
        "../scripts/predict_baseline.py"


rule predict_times:
    # Samples at the user's times, for export.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        graph=lambda w: plan.graph_of(w.model),
        path=lambda w: plan.path_of(w.model),
        curve=lambda w: plan.spline_of(w.model),
        dynamics=lambda w: rules.fit_dynamics.output.dynamics if w.model in plan.fields else [],
    output:
        "results/{dataset}/predictions/{model}-seed{seed}.{format}",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/predict_times-{format}.log",
    wildcard_constraints:
        model=any_of(plan.settings),
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
        model=lambda w: plan.settings[w.model].plain(),
        times=plan.config.prediction.times,
        samples=plan.config.prediction.samples,
        time_column=lambda w: plan.dataset(w.dataset).time_column,
        matrix=lambda w: plan.matrix_of(w.dataset),
        about=lambda w: {
            "dataset": w.dataset,
            "model": w.model,
            "source": plan.source_of(w.dataset),
        },
        code=code("predict_times.py"),
    message:
        "Export samples of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/predict_times.py"


rule hand_over:
    # Samples of the method that the evidence recommends: the model shown, unless a baseline is better.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        metrics=f"{plan.folder}/metrics.csv",
        left_out=left_out_scores,
        graph=lambda w: plan.graph_of(plan.models[0]).replace("{seed}", str(plan.seeds[0])),
        files=lambda w: [
            path.replace("{seed}", str(plan.seeds[0]))
            for path in plan.weights_of(plan.shown_model(w.dataset)).values()
        ],
    output:
        plan.recommended_of("{dataset}"),
    log:
        f"{plan.folder}/{{dataset}}/logs/hand_over.log",
    wildcard_constraints:
        dataset=any_of(plan.described),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        runtime=stage_minutes,
    params:
        model=lambda w: plan.shown_model(w.dataset),
        runs=lambda w: plan.runs(w.dataset),
        seed=plan.seeds[0],
        parts=lambda w: list(plan.weights_of(plan.shown_model(w.dataset))),
        settings=lambda w: plan.sections(plan.shown_model(w.dataset), *ALONG),
        times=plan.config.prediction.times,
        samples=plan.config.prediction.samples,
        time_column=lambda w: plan.dataset(w.dataset).time_column,
        matrix=lambda w: plan.matrix_of(w.dataset),
        about=lambda w: {"dataset": w.dataset, "source": plan.source_of(w.dataset)},
        code=code("hand_over.py"),
    message:
        "Sample the recommended method for {wildcards.dataset}"
    script:
        "../scripts/hand_over.py"


rule describe_motion:
    # Means, bands and joint densities between the snapshots, for the first page of the report.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        files=lambda w: list(plan.weights_of(w.model).values()),
    output:
        "results/{dataset}/runs/{model}/seed{seed}/motion.safetensors",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/describe_motion.log",
    wildcard_constraints:
        model=any_of(plan.settings),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        runtime=stage_minutes,
    params:
        parts=lambda w: list(plan.weights_of(w.model)),
        settings=model_settings(*ALONG),
        code=code("describe_motion.py"),
    message:
        "Describe the motion of {wildcards.dataset} by {wildcards.model}, seed {wildcards.seed}"
    script:
        "../scripts/describe_motion.py"


rule predict_bands:
    # How uncertain the model shown is, from the fits with all seeds.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        teacher=lambda w: plan.teacher_of(w.model),
        choice=lambda w: plan.choice_of(w.model),
        files=lambda w: [
            path.format(dataset=w.dataset, seed=seed)
            for seed in plan.seeds
            for path in plan.weights_of(w.model).values()
        ],
    output:
        bands="results/{dataset}/runs/{model}/bands.safetensors",
        coverage="results/{dataset}/runs/{model}/coverage.csv",
    log:
        "results/{dataset}/logs/{model}/predict_bands.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/predict_bands.tsv"
    wildcard_constraints:
        model=any_of(plan.settings),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        runs=lambda w: [run for run in plan.fitted if run[0] == w.model],
        settings=model_settings("data", *ALONG),
        questions=lambda w: plan.dataset(w.dataset).questions,
        level=plan.config.evaluation.bands,
        code=code("predict_bands.py"),
    message:
        "Predict the bands of {wildcards.model} on {wildcards.dataset}"
    script:
        "../scripts/predict_bands.py"


rule answer_questions:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        files=files_of_models,
    output:
        f"{plan.folder}/{{dataset}}/answers.csv",
    log:
        f"{plan.folder}/{{dataset}}/logs/answer_questions.log",
    wildcard_constraints:
        dataset=any_of(plan.questioned),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        runtime=stage_minutes,
    params:
        questions=lambda w: plan.dataset(w.dataset).questions,
        runs=plan.fitted,
        settings_of={model: plan.sections(model, *ALONG) for model in plan.models},
        code=code("answer_questions.py"),
    message:
        "Answer the questions about {wildcards.dataset}"
    script:
        "../scripts/answer_questions.py"


rule check_states:
    # Before any training, as for the files of data sets.
    input:
        states=lambda w: local(plan.dataset(w.dataset).score),
        snapshots=rules.prepare_snapshots.output[0],
    output:
        f"{plan.folder}/{{dataset}}/scored_file.json",
    log:
        f"{plan.folder}/{{dataset}}/logs/check_states.log",
    wildcard_constraints:
        dataset=any_of(plan.scored),
    priority: 100
    conda:
        "../../envs/weightflow.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=lambda w: plan.file_settings(w.dataset),
        ends=[model for model in plan.models if stages.ends(plan.settings[model])],
        contents=lambda w: contents([plan.dataset(w.dataset).score]),
        code=code("check_states.py"),
    message:
        "Check the states to score of {wildcards.dataset}"
    script:
        "../scripts/check_states.py"


rule score_states:
    input:
        states=lambda w: local(plan.dataset(w.dataset).score),
        checked=rules.check_states.output[0],
        snapshots=rules.prepare_snapshots.output[0],
        files=files_of_models,
    output:
        f"{plan.folder}/{{dataset}}/scores.{{format}}",
    log:
        f"{plan.folder}/{{dataset}}/logs/score_states-{{format}}.log",
    wildcard_constraints:
        dataset=any_of(plan.scored),
        format="csv|tsv|parquet",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        runtime=stage_minutes,
    params:
        settings=lambda w: plan.file_settings(w.dataset),
        ends=[model for model in plan.models if stages.ends(plan.settings[model])],
        contents=lambda w: contents([plan.dataset(w.dataset).score]),
        runs=plan.fitted,
        settings_of={model: plan.sections(model, *ALONG) for model in plan.models},
        code=code("score_states.py"),
    message:
        "Score the states of {wildcards.dataset}"
    script:
        "../scripts/score_states.py"
