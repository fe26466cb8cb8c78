# The learned spline: its width and smoothing, and its fit.


rule choose_smoothing:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        teacher=lambda w: plan.teacher_of(plan.choices[w.choice][0]),
    output:
        choice="results/{dataset}/choices/{choice}/choice.json",
        scores="results/{dataset}/choices/{choice}/scores.csv",
    log:
        "results/{dataset}/logs/choices/{choice}/choose_smoothing.log",
    benchmark:
        "results/{dataset}/benchmarks/choices/{choice}/choose_smoothing.tsv"
    priority: 55
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: stages.choice_settings(plan.shared(plan.choices[w.choice])),
        seed=lambda w: plan.dataset(w.dataset).seed,
        code=code("choose_smoothing.py"),
    message:
        "Choose width and smoothing on {wildcards.dataset} ({wildcards.choice})"
    script:
        "../scripts/choose_smoothing.py"


rule fit_spline:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        teacher=lambda w: plan.teacher_of(plan.splines[w.spline][0]),
        choice=lambda w: plan.choice_of(plan.splines[w.spline][0]),
        graph=lambda w: plan.graph_of(plan.splines[w.spline][0]),
    output:
        spline="results/{dataset}/splines/{spline}/seed{seed}/spline.safetensors",
        losses="results/{dataset}/splines/{spline}/seed{seed}/losses.csv",
    log:
        "results/{dataset}/logs/splines/{spline}/seed{seed}/fit_spline.log",
    benchmark:
        "results/{dataset}/benchmarks/splines/{spline}/seed{seed}/fit_spline.tsv"
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: stages.spline_settings(plan.shared(plan.splines[w.spline])),
        code=code("fit_spline.py"),
    message:
        "Fit the weight spline on {wildcards.dataset} ({wildcards.spline}), seed {wildcards.seed}"
    script:
        "../scripts/fit_spline.py"
