# Evaluation: metrics of every run at every time, run times of the stages, and sizes of the models.


rule evaluate_predictions:
    # One job for all seeds, since its start-up takes longer than the evaluation of a seed.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        predictions=expand(
            "results/{{dataset}}/runs/{{model}}/seed{seed}/prediction.safetensors",
            seed=plan.seeds,
        ),
    output:
        expand("results/{{dataset}}/runs/{{model}}/seed{seed}/metrics.csv", seed=plan.seeds),
    log:
        "results/{dataset}/logs/{model}/evaluate_predictions.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/evaluate_predictions.tsv"
    group:
        "scores"
    conda:
        "../../envs/analysis.yaml"
    threads: beside_training
    resources:
        runtime=stage_minutes,
    params:
        joint_every=plan.config.evaluation.joint_every,
        samples=plan.config.evaluation.samples,
        seeds=plan.seeds,
        code=code("evaluate_predictions.py"),
    message:
        "Evaluate the predictions of {wildcards.model} on {wildcards.dataset}, all seeds"
    script:
        "../scripts/evaluate_predictions.py"


rule tabulate_runtime:
    input:
        benchmarks=[job.benchmark for job in plan.timed],
        artefacts=[job.artefact for job in plan.timed if job.artefact],
    output:
        "results/runtime.csv",
    log:
        "results/logs/tabulate_runtime.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        jobs=[
            {
                "dataset": job.dataset,
                "model": job.model,
                "seed": job.seed,
                "stage": job.stage,
                "seeds": job.seeds,
                "names_device": job.artefact is not None,
            }
            for job in plan.timed
        ],
        code=code("tabulate_runtime.py"),
    message:
        "Tabulate the run time of all stages"
    script:
        "../scripts/tabulate_runtime.py"


rule tabulate_model_size:
    input:
        expand("results/{dataset}/snapshots.safetensors", dataset=plan.datasets),
    output:
        "results/model_size.csv",
    log:
        "results/logs/tabulate_model_size.log",
    group:
        "figures"
    conda:
        "../../envs/weightflow.yaml"
    params:
        models=[plan.sections(m, "backbone", "path", "dynamics") for m in plan.sized_models()],
        code=code("tabulate_model_size.py"),
    message:
        "Tabulate the sizes of the models"
    script:
        "../scripts/tabulate_model_size.py"
