# What a run was: its settings, and its rules.


rule write_settings:
    # Last of all, so that it tells of a run that came to its end; it reproduces the run as a --configfile.
    input:
        "results/summary.csv",
        rules.tabulate_runtime.output[0],
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
    message:
        "Write the settings of the run"
    script:
        "../scripts/write_settings.py"


# Snakemake's own, which an environment of a rule need not have. No parameter of a rule: where it lies changes no result.
os.environ |= {"WEIGHTFLOW_PYTHON": sys.executable}


rule describe_rulegraph:
    # Snakemake is asked again, with the same configuration, since only it knows the whole graph. Not a part of the
    # drawing, which saved results suffice for: Snakemake wants the users' files to be there.
    input:
        # So that files are there which are fetched, or made by a workflow that imports this one.
        expand(SNAPSHOTS, dataset=plan.datasets),
    output:
        "results/rulegraph.dot",
    log:
        "results/logs/describe_rulegraph.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        config=config,
        rules=contents(
            [str(WORKFLOW / "Snakefile"), *sorted(map(str, (WORKFLOW / "rules").glob("*.smk")))]
        ),
        code=code("describe_rulegraph.py", "weightflow/plots/registry.py"),
    message:
        "Describe the rule graph"
    script:
        "../scripts/describe_rulegraph.py"
