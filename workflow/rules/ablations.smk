# Ablations: the base model, and what each change of its settings does.

# Without factors the table waits for nothing, and its script says so at once.
ABLATED = list(dict.fromkeys(model for *_, model in LEVELS))


rule tabulate_ablations:
    input:
        [
            f"results/{d}/runs/{m}/seed{s}/metrics.csv"
            for d in STUDIED
            for m in ABLATED
            for s in SEEDS
        ],
    output:
        "results/ablations.csv",
    log:
        "results/logs/tabulate_ablations.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        levels=LEVELS,
        code=code("tabulate_ablations.py"),
    script:
        "../scripts/tabulate_ablations.py"


rule plot_ablation:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        table=rules.tabulate_ablations.output[0],
    output:
        report(
            "results/{dataset}/figures/ablation-{factor}.png",
            caption="../report/ablation.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "ablation, {factor}"},
        ),
        "results/{dataset}/figures/ablation-{factor}.pdf",
    log:
        "results/{dataset}/logs/figures/plot_ablation-{factor}.log",
    wildcard_constraints:
        factor=any_of(FACTORS),
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        label=lambda w: config["ablations"]["labels"].get(w.factor),
        code=code("plot_ablation.py"),
    script:
        "../scripts/plot_ablation.py"
