# What is wrong and is known only once there are data or results. Input functions (inputs.smk) ask for a job that says it in
# one sentence and fails; where nothing is wrong, they ask for nothing.


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
        "Say what is wrong with {wildcards.subject}"
    script:
        "../scripts/refuse.py"


# The folder of results, with a module's prefix.
FOLDER = Path(rules.refuse.output[0]).parents[1]
