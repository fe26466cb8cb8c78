# Report: one page with every table, figure, setting and version, without external files.

# Results of `make bench`, if they exist; the report does not request them.
MEASURED = ["results/benchmarks.json"] if (FOLDER / "benchmarks.json").is_file() else []


rule write_report:
    input:
        template=local(WORKFLOW / "report" / "report.html.j2"),
        captions=local([WORKFLOW / "report" / f"{name}.rst" for name in FIGURES]),
        summary=rules.tabulate_metrics.output.summary,
        runtime=f"{plan.folder}/runtime.csv",
        rulegraph=rules.plot_rulegraph.output[0],
        ablations=rules.tabulate_ablations.output[0] if plan.factors else [],
        sizes=rules.tabulate_sample_sizes.output[0] if plan.sample_sizes else [],
        published=rules.tabulate_published.output[0] if plan.published else [],
        overall=plan.overall_figures(),
        snapshots=expand(SNAPSHOTS, dataset=plan.datasets),
        laws=[plan.law_of(d) for d in plan.datasets if plan.has_exact_law(d)],
        measured=MEASURED,
        growth=rules.plot_growth.output[0] if MEASURED else [],
        figures=[figure for d in plan.datasets for figure in plan.figures(d)],
        ablation_figures=[figure for d in plan.datasets for figure in plan.ablation_figures(d)],
        metrics=f"{plan.folder}/metrics.csv",
        left_out=left_out_scores,
        motions=[saved_motion(d) for d in plan.described],
        calibrations=[f"{plan.folder}/{d}/calibration.csv" for d in plan.described],
        bands=rules.tabulate_bands.output[0],
        answers=[saved(plan.answers_of(d)) for d in plan.described if d in plan.questioned],
        determinations=[f"{plan.folder}/{d}/determination.csv" for d in plan.datasets],
        choices=[choice.made for d in plan.datasets for choice in plan.chosen(d)],
        scores=[choice.scores for d in plan.datasets for choice in plan.chosen(d)],
    output:
        f"{plan.folder}/report.html",
    log:
        f"{plan.folder}/logs/write_report.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        config=config,
        folder=lambda w, output: os.path.dirname(output[0]),
        runs={d: plan.runs(d) for d in plan.datasets},
        described=plan.described,
        questioned=[d for d in plan.described if d in plan.questioned],
        shown={d: plan.shown_model(d) for d in plan.datasets},
        systems=lambda w: {d: plan.titled_system(d) for d in plan.datasets},
        choices=[
            {"dataset": d, "kind": choice.kind, "models": choice.models, "seed": choice.seed}
            for d in plan.datasets
            for choice in plan.chosen(d)
        ],
        most=SHOWN_TEACHERS,
        code=code("write_report.py"),
    message:
        "Write the report"
    script:
        "../scripts/write_report.py"
