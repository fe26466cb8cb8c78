# Ablations: the base model, and what each change of its settings does; not part of the default run.

# Without factors the table waits for nothing, and its script says so at once.
ABLATED = list(dict.fromkeys(model for _, _, model in LEVELS))


rule tabulate_ablations:
    input:
        snapshots=expand(rules.prepare_snapshots.output[0], dataset=DATASETS if ABLATED else []),
        metrics=[
            f"results/{d}/runs/{m}/seed{s}/metrics.csv"
            for d in DATASETS
            for m in ABLATED
            for s in SEEDS
        ],
    output:
        "results/ablations.csv",
    log:
        "results/logs/tabulate_ablations.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        datasets=DATASETS,
        levels=LEVELS,
        code=code("tabulate_ablations.py"),
    script:
        "../scripts/tabulate_ablations.py"


rule plot_ablations:
    input:
        rules.tabulate_ablations.output[0],
    output:
        report(
            "results/{dataset}/figures/ablations.png",
            caption="../report/ablations.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "ablations"},
        ),
        "results/{dataset}/figures/ablations.pdf",
    log:
        "results/{dataset}/logs/figures/plot_ablations.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("plot_ablations.py"),
    script:
        "../scripts/plot_ablations.py"
