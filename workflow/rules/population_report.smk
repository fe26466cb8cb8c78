# Tables and the page about populations and bands, from what was measured of them.


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


rule write_populations_report:
    input:
        template=local(WORKFLOW / "report" / "report.html.j2"),
        captions=local(
            [
                WORKFLOW / "report" / f"{figure.name}.rst"
                for figure in FIGURES.values()
                if figure.scope in ("population", "bands")
            ]
        ),
        summary=rules.tabulate_populations.output.summary,
        runtime="results/populations/runtime.csv",
        banded=rules.tabulate_bands.output.summary,
        figures=lambda w: [
            file
            for name in plan().populations
            for file in figure_files({"population": [{"population": name}]})
        ],
        bands=lambda w: [
            file for name in plan().bands for file in figure_files({"bands": [{"dataset": name}]})
        ],
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
