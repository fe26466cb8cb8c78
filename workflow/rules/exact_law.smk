# The exact law of a data set's system, a truth without sampling noise.


rule solve_law:
    input:
        system_sources,
    output:
        "results/{dataset}/exact_law.safetensors",
    log:
        "results/{dataset}/logs/solve_law.log",
    benchmark:
        "results/{dataset}/benchmarks/solve_law.tsv"
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        max_states=plan.config.evaluation.exact.max_states,
        tolerance=plan.config.evaluation.exact.tolerance,
        contents=lambda w: contents(system_sources(w)),
        code=code("solve_law.py"),
    message:
        "Solve the exact law of {wildcards.dataset}"
    script:
        "../scripts/solve_law.py"
