# Evaluation: metrics of every run at every time, and the tables over all of them.


rule evaluate:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        prediction="results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    output:
        "results/{dataset}/runs/{model}/seed{seed}/metrics.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/evaluate.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/evaluate.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 2
    params:
        code=code("evaluate.py"),
    script:
        "../scripts/evaluate.py"


rule tabulate:
    input:
        [
            f"results/{d}/runs/{m}/seed{s}/metrics.csv"
            for d in DATASETS
            for m in runs(d)
            for s in SEEDS
        ],
    output:
        metrics="results/metrics.csv",
        summary=report(
            "results/summary.csv",
            caption="../report/summary.rst",
            category="Tables",
        ),
    log:
        "results/logs/tabulate.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("tabulate.py"),
    script:
        "../scripts/tabulate.py"


rule tabulate_runtime:
    input:
        [row[4] for row in RUNTIME_ROWS],
        [row[5] for row in RUNTIME_ROWS if row[5]],
    output:
        "results/runtime.csv",
    log:
        "results/logs/tabulate_runtime.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        rows=RUNTIME_ROWS,
        code=code("tabulate_runtime.py"),
    script:
        "../scripts/tabulate_runtime.py"
