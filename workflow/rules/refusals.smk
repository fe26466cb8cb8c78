# Errors that depend on prepared data or existing results. On an error the input functions (inputs.smk) request a job
# that fails with one sentence.


rule refuse:
    output:
        "results/refused/{subject}.json",
    log:
        "results/logs/refuse-{subject}.log",
    priority: 100
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        sentence=lambda w: fault_of(w.subject),
        code=code("refuse.py"),
    message:
        "Report the error in {wildcards.subject}"
    script:
        "../scripts/refuse.py"


# The folder of results, with the prefix of a module.
FOLDER = Path(rules.refuse.output[0]).parents[1]
# That of this run, as `plan.folder`.
OWN = FOLDER.parent / plan.folder
