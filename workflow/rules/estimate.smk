# Estimate of the cost of each stage of a run on this machine, from short runs.

# Cards allowed by `--resources gpu=`.
CARDS = workflow.global_resources["gpu"].value if "gpu" in workflow.global_resources else 1


rule calibrate_stage:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        refused=unsuited,
        law=exact_law_of,
    output:
        "results/{dataset}/estimates/{model}/{stage}.json",
    log:
        "results/{dataset}/logs/{model}/calibrate_stage-{stage}.log",
    wildcard_constraints:
        model=any_of(plan.models),
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=lambda w: card(w) * int(w.stage in stages.ON_CARD),
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        model=lambda w: plan.settings[w.model].plain(),
        samples=plan.config.evaluation.samples,
        joint_every=plan.config.evaluation.joint_every,
        seeds=plan.seeds,
        code=code("calibrate_stage.py"),
    message:
        "Time a little of the stage {wildcards.stage} of {wildcards.model} on {wildcards.dataset}"
    script:
        "../scripts/calibrate_stage.py"


rule tabulate_estimate:
    input:
        costs=[f"results/{e.dataset}/estimates/{e.model}/{e.stage}.json" for e in plan.estimated],
        snapshots=expand("results/{dataset}/snapshots.safetensors", dataset=plan.datasets),
    output:
        f"{plan.folder}/estimate.csv",
    log:
        f"{plan.folder}/logs/tabulate_estimate.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        stages=[stage._asdict() for stage in plan.estimated],
        datasets=plan.datasets,
        leave_one_out=plan.config.evaluation.leave_one_out,
        cards=CARDS,
        code=code("tabulate_estimate.py"),
    message:
        "Tabulate the estimated cost of all stages"
    script:
        "../scripts/tabulate_estimate.py"
