# Report: one page with every table, figure, setting and version, which needs nothing else to be read.

# What `make bench` measured, where it has run: a report does not wait for it.
MEASURED = ["results/benchmarks.json"] if (FOLDER / "benchmarks.json").is_file() else []


rule write_report:
    input:
        template=local(WORKFLOW / "report" / "report.html.j2"),
        captions=local([WORKFLOW / "report" / f"{name}.rst" for name in FIGURES]),
        summary=rules.tabulate_metrics.output.summary,
        runtime="results/runtime.csv",
        rulegraph=rules.plot_rulegraph.output[0],
        ablations=rules.tabulate_ablations.output[0] if FACTORS else [],
        published=rules.tabulate_published.output[0] if COMPARED else [],
        overall=OVERALL,
        snapshots=expand(SNAPSHOTS, dataset=DATASETS),
        laws=[law_file(d) for d in DATASETS if has_exact_law(d)],
        measured=MEASURED,
        growth=rules.plot_growth.output[0] if MEASURED else [],
        figures=[figure for d in DATASETS for figure in figures(d)],
        ablation_figures=[figure for d in DATASETS for figure in ablation_figures(d)],
        choices=[choice.made for d in DATASETS for choice in chosen(d)],
        scores=[choice.scores for d in DATASETS for choice in chosen(d)],
    output:
        "results/report.html",
    log:
        "results/logs/write_report.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        config=config,
        runs={d: runs(d) for d in DATASETS},
        choices=[
            {"dataset": d, "kind": choice.kind, "models": choice.models, "seed": choice.seed}
            for d in DATASETS
            for choice in chosen(d)
        ],
        most=SHOWN_TEACHERS,
        code=code("write_report.py"),
    message:
        "Write the report"
    script:
        "../scripts/write_report.py"
