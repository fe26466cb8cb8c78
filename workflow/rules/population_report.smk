# Tables, figures and the page about populations and bands, from what was measured of them.


rule tabulate_populations:
    input:
        lambda w: [entry.metrics for entry in judged()],
    output:
        metrics="results/populations/metrics.csv",
        summary="results/populations/summary.csv",
    log:
        "results/populations/logs/tabulate_populations.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        about=lambda w: [
            {"population": entry.population, "layout": entry.layout, "seed": entry.seed}
            for entry in judged()
        ],
        code=code("tabulate_populations.py"),
    message:
        "Tabulate the metrics of the populations"
    script:
        "../scripts/tabulate_populations.py"


rule tabulate_bands:
    input:
        lambda w: [entry.coverage for entry in judged_bands()],
    output:
        metrics="results/populations/bands.csv",
        summary="results/populations/bands_summary.csv",
    log:
        "results/populations/logs/tabulate_bands.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        about=lambda w: [{"dataset": entry.dataset, "seed": entry.seed} for entry in judged_bands()],
        code=code("tabulate_bands.py"),
    message:
        "Tabulate the coverage of the bands"
    script:
        "../scripts/tabulate_bands.py"


rule plot_networks:
    input:
        accuracies=[
            f"{POPULATION}/seed{seed}/metrics/accuracies-{layout}.csv"
            for layout in LAYOUTS
            for seed in SEEDS
        ],
        population=f"{POPULATION}/seed{FIRST_SEED}/aligned.safetensors",
        flow=generated("aligned", FIRST_SEED),
    output:
        report(
            f"{POPULATION}/figures/networks.png",
            caption="../report/networks.rst",
            category="Figures",
            labels={"data set": "{population}", "figure": "networks"},
        ),
        f"{POPULATION}/figures/networks.pdf",
    log:
        f"{POPULATION}/logs/plot_networks.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        layouts=[layout for layout in LAYOUTS for _ in SEEDS],
        code=code("plot_networks.py"),
    script:
        "../scripts/plot_networks.py"


rule plot_learning:
    input:
        curves=f"{POPULATION}/seed{FIRST_SEED}/curves.csv",
        flows=lambda w: expand(
            f"results/populations/{w.population}/seed{FIRST_SEED}/flows/{{layout}}.csv",
            layout=flows_of(w),
        ),
        autoencoders=of_each_structural(
            f"{POPULATION}/seed{FIRST_SEED}/autoencoders/{{structural}}/losses.csv"
        ),
    output:
        report(
            f"{POPULATION}/figures/learning.png",
            caption="../report/learning.rst",
            category="Figures",
            labels={"data set": "{population}", "figure": "learning"},
        ),
        f"{POPULATION}/figures/learning.pdf",
    log:
        f"{POPULATION}/logs/plot_learning.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        layouts=lambda w: flows_of(w),
        structural=lambda w: structural_of(w),
        code=code("plot_learning.py"),
    script:
        "../scripts/plot_learning.py"


rule plot_bands:
    input:
        snapshots=SNAPSHOTS,
        law=exact_law_of,
        bands=f"results/{{dataset}}/bands/seed{FIRST_SEED}/bands.safetensors",
    output:
        report(
            "results/{dataset}/figures/bands.png",
            caption="../report/bands.rst",
            category="Figures",
            labels={"data set": "{dataset}", "figure": "uncertainty bands"},
        ),
        "results/{dataset}/figures/bands.pdf",
    log:
        "results/{dataset}/logs/figures/plot_bands.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        times=config["figures"]["times"],
        code=code("plot_bands.py"),
    script:
        "../scripts/plot_bands.py"


rule write_populations_report:
    input:
        template=local(WORKFLOW / "report" / "report.html.j2"),
        captions=local(
            [WORKFLOW / "report" / f"{kind}.rst" for kind in (*POPULATION_FIGURES, "bands")]
        ),
        summary=rules.tabulate_populations.output.summary,
        runtime="results/populations/runtime.csv",
        banded=rules.tabulate_bands.output.summary,
        figures=lambda w: expand(
            "results/populations/{population}/figures/{kind}.png",
            population=plan().populations,
            kind=POPULATION_FIGURES,
        ),
        bands=lambda w: expand("results/{dataset}/figures/bands.png", dataset=plan().bands),
    output:
        "results/populations/report.html",
    log:
        "results/populations/logs/write_populations_report.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        populations=lambda w: plan().populations,
        bands=lambda w: plan().bands,
        seeds=SEEDS,
        code=code("write_populations_report.py"),
    message:
        "Write the report of the populations"
    script:
        "../scripts/write_populations_report.py"
