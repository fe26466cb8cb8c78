# Report: one page with every table, figure, setting and version, which needs nothing else to be read.
from weightflow.report.figures import TITLES

# Figures over all data sets.
OVERALL = [
    *(["results/figures/table1.png"] if COMPARED else []),
    *(["results/figures/model_size.png"] if MODELS else []),
]


rule plot_growth:
    input:
        "results/benchmarks.json",
    output:
        report(
            "results/figures/growth.png",
            caption="../report/growth.rst",
            category="Figures",
            labels={"data set": "none", "figure": "growth of the work"},
        ),
        "results/figures/growth.pdf",
    log:
        "results/logs/plot_growth.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("plot_growth.py"),
    script:
        "../scripts/plot_growth.py"


rule write_settings:
    output:
        "results/settings.yaml",
    log:
        "results/logs/write_settings.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        config=config,
        code=code("write_settings.py"),
    script:
        "../scripts/write_settings.py"


# What `make bench` measured, where it has run: a report does not wait for it.
FOLDER = Path(rules.write_settings.output[0]).parent  # with a module's prefix
MEASURED = ["results/benchmarks.json"] if (FOLDER / "benchmarks.json").is_file() else []


# Snakemake's own, which an environment of a rule need not have. No parameter of a rule: where it lies changes no result.
os.environ |= {"WEIGHTFLOW_PYTHON": sys.executable}


rule describe_rulegraph:
    # Snakemake is asked again, with the same configuration, since only it knows the whole graph. Not a part of the
    # drawing, which saved results suffice for: Snakemake wants the users' files to be there.
    input:
        # So that files are there which are fetched, or made by a workflow that imports this one.
        expand("results/{dataset}/snapshots.safetensors", dataset=DATASETS),
    output:
        "results/rulegraph.dot",
    log:
        "results/logs/describe_rulegraph.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        config=config,
        # Those of this workflow, not of one that imports it.
        rules=lambda w: sorted(r.name for r in workflow.rules if r.module_globals is globals()),
        code=code("describe_rulegraph.py"),
    script:
        "../scripts/describe_rulegraph.py"


rule plot_rulegraph:
    input:
        rules.describe_rulegraph.output[0],
    output:
        report(
            "results/figures/rulegraph.png",
            caption="../report/rulegraph.rst",
            category="Figures",
            labels={"data set": "all", "figure": "rules"},
        ),
        "results/figures/rulegraph.pdf",
    log:
        "results/logs/plot_rulegraph.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("plot_rulegraph.py"),
    script:
        "../scripts/plot_rulegraph.py"


rule write_report:
    input:
        template=local(WORKFLOW / "report" / "report.html.j2"),
        captions=local([WORKFLOW / "report" / f"{kind}.rst" for kind in TITLES]),
        settings=rules.write_settings.output[0],
        summary=rules.tabulate_metrics.output.summary,
        runtime=rules.tabulate_runtime.output[0],
        rulegraph=rules.plot_rulegraph.output[0],
        ablations=rules.tabulate_ablations.output[0] if FACTORS else [],
        published=rules.tabulate_published.output[0] if COMPARED else [],
        overall=OVERALL,
        snapshots=expand("results/{dataset}/snapshots.safetensors", dataset=DATASETS),
        laws=[law_file(d) for d in DATASETS if has_exact_law(d)],
        measured=MEASURED,
        growth=rules.plot_growth.output[0] if MEASURED else [],
        figures=[figure for d in DATASETS for figure in figures(d)],
        ablation_figures=[figure for d in DATASETS for figure in ablation_figures(d)],
        choices=[c[3] for d in DATASETS for c in chosen(d)],
        scores=[c[4] for d in DATASETS for c in chosen(d)],
    output:
        "results/report.html",
    log:
        "results/logs/write_report.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs={d: runs(d) for d in DATASETS},
        # How many of the inputs are each data set's.
        figures={d: len(figures(d)) for d in DATASETS},
        ablations={d: len(ablation_figures(d)) for d in DATASETS},
        laws={d: int(has_exact_law(d)) for d in DATASETS},
        choices={d: [c[:3] for c in chosen(d)] for d in DATASETS},
        most=SHOWN_TEACHERS,
        code=code("write_report.py"),
    script:
        "../scripts/write_report.py"
