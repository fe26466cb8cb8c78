# Evaluation: metrics of every run at every time, and the tables over all of them.


TIMED = [
    (d, m, s, stage, spent.format(seed=s), made and made.format(seed=s), count)
    for d in DATASETS
    for m in runs(d)
    for s in SEEDS
    for stage, (spent, made, count) in timed_stages(d, m).items()
]


rule evaluate_predictions:
    # Of all seeds: what a job takes to start is more than what it does for one of them.
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        predictions=expand(
            "results/{{dataset}}/runs/{{model}}/seed{seed}/prediction.safetensors",
            seed=SEEDS,
        ),
    output:
        expand("results/{{dataset}}/runs/{{model}}/seed{seed}/metrics.csv", seed=SEEDS),
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
        joint_every=config["evaluation"]["joint_every"],
        samples=config["evaluation"]["samples"],
        seeds=SEEDS,
        code=code("evaluate_predictions.py"),
    script:
        "../scripts/evaluate_predictions.py"


rule tabulate_moments:
    input:
        snapshots=lambda w: [rules.prepare_snapshots.output[0], *shown_fold_snapshots(w)],
        predictions=compared_predictions,
    output:
        "results/{dataset}/moments.csv",
    log:
        "results/{dataset}/logs/tabulate_moments.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=lambda w: compared_runs(w.dataset),
        code=code("tabulate_moments.py"),
    script:
        "../scripts/tabulate_moments.py"


rule tabulate_metrics:
    input:
        runs=[
            f"results/{d}/runs/{m}/seed{s}/metrics.csv"
            for d in DATASETS
            for m in runs(d)
            for s in SEEDS
        ],
        folds=(
            ["results/leave_one_out_summary.csv"] if config["evaluation"]["leave_one_out"] else []
        ),
    output:
        metrics="results/metrics.csv",
        summary=report(
            "results/summary.csv",
            caption="../report/summary.rst",
            category="Tables",
        ),
    log:
        "results/logs/tabulate_metrics.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("tabulate_metrics.py"),
    script:
        "../scripts/tabulate_metrics.py"


rule tabulate_runtime:
    input:
        benchmarks=[spent for *_, spent, _, _ in TIMED],
        artefacts=[made for *_, made, _ in TIMED if made],
    output:
        "results/runtime.csv",
    log:
        "results/logs/tabulate_runtime.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        # Their data set, model, seed and stage, whether an artefact names the device, and the seeds of the job.
        rows=[(*row, made is not None, count) for *row, _, made, count in TIMED],
        code=code("tabulate_runtime.py"),
    script:
        "../scripts/tabulate_runtime.py"
