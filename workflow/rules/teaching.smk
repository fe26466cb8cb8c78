# Teaching: the choice of the states between the snapshots for training.


rule choose_teacher:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        system=system_sources,
    output:
        teacher="results/{dataset}/teachers/{teacher}/teacher.json",
        scores="results/{dataset}/teachers/{teacher}/scores.csv",
    log:
        "results/{dataset}/logs/teachers/{teacher}/choose_teacher.log",
    benchmark:
        "results/{dataset}/benchmarks/teachers/{teacher}/choose_teacher.tsv"
    priority: 60
    conda:
        "../../envs/analysis.yaml"
    threads: one_thread
    resources:
        runtime=training_minutes,
    params:
        settings=lambda w: stages.teacher_settings(plan.shared(plan.teachers[w.teacher])),
        seed=lambda w: plan.dataset(w.dataset).seed,
        contents=lambda w: contents(system_sources(w)),
        code=code("choose_teacher.py"),
    message:
        "Choose the teacher of {wildcards.dataset} ({wildcards.teacher})"
    script:
        "../scripts/choose_teacher.py"
