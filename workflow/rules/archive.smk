# Archive and provenance of results.

# Rules that run again on saved results.
REDRAWN = [rule.name for rule in workflow.rules if rule.name not in MADE]


rule archive_results:
    input:
        drawn,
    output:
        f"{plan.folder}/archive.tar.gz",
    log:
        f"{plan.folder}/logs/archive_results.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        config=lambda w: config | (populations().plain() if populations_made() else {}),
        regenerated=REDRAWN,
        systems=consistency.systems_by_path(plan.config),  # paths of this machine
        code=code("archive_results.py"),
    message:
        "Archive the results"
    script:
        "../scripts/archive_results.py"


rule provenance:
    # One line for every figure, or the full provenance of one artefact: --config artefact=FILE.
    log:
        f"{plan.folder}/logs/show_provenance.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        artefact=ARTEFACT,
        code=code("show_provenance.py"),
    message:
        "Show the provenance of the results"
    script:
        "../scripts/show_provenance.py"
