# Description of a run: its settings and its rules.


rule write_settings:
    # The last job of a run, so the file marks a finished run; as a --configfile it reproduces the run.
    input:
        f"{plan.folder}/summary.csv",
        rules.tabulate_runtime.output[0],
    output:
        f"{plan.folder}/settings.yaml",
    log:
        f"{plan.folder}/logs/write_settings.log",
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


# The interpreter with Snakemake, which a rule's environment may lack. It is no parameter, since its path changes no
# result.
os.environ |= {"WEIGHTFLOW_PYTHON": sys.executable}


rule describe_rulegraph:
    # A second call of Snakemake with the same configuration gives the whole graph. It is separate from the drawing,
    # since it needs the users' files and the drawing works from saved results.
    input:
        # Waits for downloads and for files made by an importing workflow.
        expand(SNAPSHOTS, dataset=plan.datasets),
    output:
        f"{plan.folder}/rulegraph.dot",
    log:
        f"{plan.folder}/logs/describe_rulegraph.log",
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
