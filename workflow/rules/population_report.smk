# Tables and the page about populations.


rule tabulate_populations:
    input:
        lambda w: [entry.metrics for entry in populations().judged()],
    output:
        metrics=f"{PAGE}/metrics.csv",
        summary=f"{PAGE}/summary.csv",
    log:
        f"{PAGE}/logs/tabulate_populations.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        about=lambda w: [
            {"population": entry.population, "layout": entry.layout, "seed": entry.seed}
            for entry in populations().judged()
        ],
        code=code("tabulate_populations.py"),
    message:
        "Tabulate the metrics of the populations"
    script:
        "../scripts/tabulate_populations.py"


rule tabulate_further:
    input:
        lambda w: [entry.table for entry in populations().further(w.table)],
    output:
        f"{PAGE}/{{table}}.csv",
    log:
        f"{PAGE}/logs/tabulate_{{table}}.log",
    wildcard_constraints:
        table=any_of(FURTHER),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        about=lambda w: [
            {"population": entry.population, "seed": entry.seed}
            for entry in populations().further(w.table)
        ],
        code=code("tabulate_further.py"),
    message:
        "Tabulate {wildcards.table} of the populations"
    script:
        "../scripts/tabulate_further.py"


rule write_populations_report:
    input:
        template=local(WORKFLOW / "report" / "report.html.j2"),
        captions=local(
            [
                WORKFLOW / "report" / f"{figure.name}.rst"
                for figure in FIGURES.values()
                if figure.scope == "population"
            ]
        ),
        summary=rules.tabulate_populations.output.summary,
        runtime=f"{PAGE}/runtime.csv",
        figures=lambda w: populations().figures(),
        examples=lambda w: populations().checked_examples(),
        transfers=lambda w: further_tables("transfer"),
        zoos=lambda w: further_tables("zoos"),
        variants=lambda w: further_tables("variants"),
    output:
        f"{PAGE}/report.html",
    log:
        f"{PAGE}/logs/write_populations_report.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        folder=lambda w, output: os.path.dirname(output[0]),
        populations=lambda w: populations().plain()["populations"],
        seeds=plan.seeds,
        code=code("write_populations_report.py"),
    message:
        "Write the report of the populations"
    script:
        "../scripts/write_populations_report.py"
