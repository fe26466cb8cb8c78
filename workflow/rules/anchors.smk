# Anchor training: the backbone's weights for each observed snapshot, with a job for each seed, one for all seeds, or
# one for each anchor.


rule train_anchors:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        width=lambda w: plan.width_of(w.anchors),
        released=released_of,
    output:
        anchors=directory("results/{dataset}/anchors/{anchors}/seed{seed}/snapshots"),
        losses="results/{dataset}/anchors/{anchors}/seed{seed}/losses.csv",
    log:
        "results/{dataset}/logs/anchors/{anchors}/seed{seed}/train_anchors.log",
    benchmark:
        "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}/train_anchors.tsv"
    wildcard_constraints:
        anchors=any_of(plan.anchors_in("together")),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: stages.anchor_settings(plan.shared(plan.anchors[w.anchors])),
        seed=lambda w: int(w.seed),
        contents=released_contents,
        code=code("train_anchors.py"),
    message:
        "Train the anchors {wildcards.anchors} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/train_anchors.py"


rule train_anchors_of_seeds:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
    output:
        anchors=directory(
            expand(
                "results/{{dataset}}/anchors/{{anchors}}/seed{seed}/snapshots",
                seed=plan.seeds,
            )
        ),
        losses=expand(
            "results/{{dataset}}/anchors/{{anchors}}/seed{seed}/losses.csv", seed=plan.seeds
        ),
    log:
        "results/{dataset}/logs/anchors/{anchors}/train_anchors_of_seeds.log",
    benchmark:
        "results/{dataset}/benchmarks/anchors/{anchors}/train_anchors.tsv"
    wildcard_constraints:
        anchors=any_of(plan.anchors_in("all_seeds")),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: stages.anchor_settings(plan.shared(plan.anchors[w.anchors])),
        seeds=plan.seeds,
        code=code("train_anchors_of_seeds.py"),
    message:
        "Train the anchors {wildcards.anchors} on {wildcards.dataset}, all seeds"
    script:
        "../scripts/train_anchors_of_seeds.py"


rule fit_pooled_start:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        width=lambda w: plan.width_of(w.anchors),
    output:
        "results/{dataset}/anchors/{anchors}/seed{seed}/start.safetensors",
    log:
        "results/{dataset}/logs/anchors/{anchors}/seed{seed}/fit_pooled_start.log",
    benchmark:
        "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}/fit_pooled_start.tsv"
    wildcard_constraints:
        anchors=any_of(plan.anchors_in("per_snapshot")),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: stages.anchor_settings(plan.shared(plan.anchors[w.anchors])),
        code=code("fit_pooled_start.py"),
    message:
        "Fit the common start of {wildcards.anchors} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/fit_pooled_start.py"


rule train_anchor:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        width=lambda w: plan.width_of(w.anchors),
        start=lambda w: plan.start_of(w.anchors),
    output:
        anchor="results/{dataset}/anchors/{anchors}/seed{seed}/parts/anchor-{snapshot}.safetensors",
        losses="results/{dataset}/anchors/{anchors}/seed{seed}/parts/losses-{snapshot}.csv",
    log:
        "results/{dataset}/logs/anchors/{anchors}/seed{seed}/train_anchor-{snapshot}.log",
    benchmark:
        "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}/train_anchor-{snapshot}.tsv"
    wildcard_constraints:
        anchors=any_of(plan.anchors_in("per_snapshot")),
        snapshot=r"\d+",
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: stages.anchor_settings(plan.shared(plan.anchors[w.anchors])),
        code=code("train_anchor.py"),
    message:
        "Train anchor {wildcards.snapshot} of {wildcards.anchors} on {wildcards.dataset}, seed "
        "{wildcards.seed}"
    script:
        "../scripts/train_anchor.py"


rule gather_anchors:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        width=lambda w: plan.width_of(w.anchors),
        anchors=each_snapshot(
            "results/{dataset}/anchors/{anchors}/seed{seed}/parts/anchor-{snapshot}.safetensors"
        ),
        losses=each_snapshot(
            "results/{dataset}/anchors/{anchors}/seed{seed}/parts/losses-{snapshot}.csv"
        ),
    output:
        anchors=directory("results/{dataset}/anchors/{anchors}/seed{seed}/snapshots"),
        losses="results/{dataset}/anchors/{anchors}/seed{seed}/losses.csv",
    log:
        "results/{dataset}/logs/anchors/{anchors}/seed{seed}/gather_anchors.log",
    benchmark:
        "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}/gather_anchors.tsv"
    wildcard_constraints:
        anchors=any_of(plan.anchors_in("per_snapshot")),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=lambda w: stages.anchor_settings(plan.shared(plan.anchors[w.anchors])),
        code=code("gather_anchors.py"),
    message:
        "Gather the anchors {wildcards.anchors} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/gather_anchors.py"


# As text: Snakemake would put a module's prefix twice before the `benchmark` of another rule.
SPENT = "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}"


rule sum_benchmarks:
    # Cost of anchors that were trained in separate jobs.
    input:
        lambda w: f"{SPENT}/fit_pooled_start.tsv" if plan.start_of(w.anchors) else [],
        each_snapshot(f"{SPENT}/train_anchor-{{snapshot}}.tsv"),
        f"{SPENT}/gather_anchors.tsv",
    output:
        "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}/train_anchors.tsv",
    log:
        "results/{dataset}/logs/anchors/{anchors}/seed{seed}/sum_benchmarks.log",
    wildcard_constraints:
        anchors=any_of(plan.anchors_in("per_snapshot")),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("sum_benchmarks.py"),
    message:
        "Add up the cost of {wildcards.anchors} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/sum_benchmarks.py"
