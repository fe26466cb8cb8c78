# Evaluation: metrics of every run at every time, run times of the stages, and sizes of the models.


rule evaluate_predictions:
    # One job for all seeds, since its start-up takes longer than the evaluation of a seed. The place is `results`, or for
    # interpolated anchors the folder of the run.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        predictions=expand(
            "{{place}}/{{dataset}}/runs/{{model}}/seed{seed}/prediction.safetensors",
            seed=plan.seeds,
        ),
    output:
        expand("{{place}}/{{dataset}}/runs/{{model}}/seed{seed}/metrics.csv", seed=plan.seeds),
    log:
        "{place}/{dataset}/logs/{model}/evaluate_predictions.log",
    benchmark:
        "{place}/{dataset}/benchmarks/{model}/evaluate_predictions.tsv"
    wildcard_constraints:
        place=any_of(["results", plan.folder]),
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
        f"{plan.folder}/runtime.csv",
    log:
        f"{plan.folder}/logs/tabulate_runtime.log",
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
        f"{plan.folder}/model_size.csv",
    log:
        f"{plan.folder}/logs/tabulate_model_size.log",
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
