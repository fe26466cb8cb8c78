# Beside the literature: published results on the same systems, and what models hold against tables of all states.
from weightflow.evaluation.published import read_published

# The system of each data set that has one on which there are published results.
IN_LITERATURE = set(read_published(PUBLISHED)["system"])
COMPARED = {
    name: chosen["system"]
    for name, chosen in config["datasets"].items()
    if chosen["system"] in IN_LITERATURE and not chosen["hold_back"]  # whose range is another
}


rule tabulate_published:
    input:
        published=local(PUBLISHED),
        summary=rules.tabulate_metrics.output.summary,
    output:
        report(
            "results/table1.csv",
            caption="../report/table1.rst",
            category="Tables",
        ),
    log:
        "results/logs/tabulate_published.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        systems=COMPARED,
        runs={d: runs(d) for d in COMPARED},
        contents=contents([str(PUBLISHED)]),
        code=code("tabulate_published.py"),
    script:
        "../scripts/tabulate_published.py"


rule plot_published:
    input:
        rules.tabulate_published.output[0],
    output:
        report(
            "results/figures/table1.png",
            caption="../report/table1.rst",
            category="Figures",
            labels={"data set": "all", "figure": "beside the published results"},
        ),
        "results/figures/table1.pdf",
    log:
        "results/logs/plot_published.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=list(dict.fromkeys(run for d in COMPARED for run in runs(d))),
        code=code("plot_published.py"),
    script:
        "../scripts/plot_published.py"


rule tabulate_model_size:
    input:
        expand("results/{dataset}/snapshots.safetensors", dataset=DATASETS),
    output:
        "results/model_size.csv",
    log:
        "results/logs/tabulate_model_size.log",
    group:
        "figures"
    conda:
        "../../envs/weightflow.yaml"
    params:
        models=[
            {s: SETTINGS[m][s] for s in ("backbone", "path", "dynamics")} for m in sized_models()
        ],
        code=code("tabulate_model_size.py"),
    script:
        "../scripts/tabulate_model_size.py"


rule plot_model_size:
    input:
        rules.tabulate_model_size.output[0],
    output:
        report(
            "results/figures/model_size.png",
            caption="../report/model_size.rst",
            category="Figures",
            labels={"data set": "all", "figure": "size of models"},
        ),
        "results/figures/model_size.pdf",
    log:
        "results/logs/plot_model_size.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("plot_model_size.py"),
    script:
        "../scripts/plot_model_size.py"
