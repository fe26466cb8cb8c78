# Evaluation: metrics of every run at every time, and the tables over all of them.


def timed_stages(dataset, model):
    """Benchmark file and artefact (for its device) of each stage a run went through, with its own name."""
    folder = f"results/{dataset}"
    run = f"benchmarks/{model}/seed{{seed}}"
    made = f"{folder}/runs/{model}/seed{{seed}}"
    found = {}
    if needs_simulation(config["datasets"][dataset]):
        found["simulate"] = (f"{folder}/benchmarks/simulate_system.tsv", None)
    found["prepare"] = (f"{folder}/benchmarks/prepare_snapshots.tsv", None)
    uses = model if model in SETTINGS else MODELS[0] if model in INTERPOLATIONS else None
    if uses:
        label = stages.anchor_label(SETTINGS[uses])
        anchors = f"{folder}/benchmarks/anchors/{label}/seed{{seed}}"
        trained = f"{folder}/anchors/{label}/seed{{seed}}/snapshots"
        found["anchors"] = (f"{anchors}/train_anchors.tsv", trained)
        found["weight_graph"] = (f"{anchors}/build_weight_graph.tsv", None)
    if model in CDE_MODELS:
        path = f"{made}/latent_path.safetensors"
        found["latent_path"] = (f"{folder}/{run}/fit_latent_path.tsv", path)
    if model in TAUGHT:
        label = stages.teacher_label(SETTINGS[model])
        found["teacher"] = (f"{folder}/benchmarks/teachers/{label}/choose_teacher.tsv", None)
    if model in LEARNERS:
        label = stages.choice_label(SETTINGS[model])
        found["smoothing"] = (
            f"{folder}/benchmarks/choices/{label}/seed{{seed}}/choose_smoothing.tsv",
            f"{folder}/choices/{label}/seed{{seed}}/choice.json",
        )
    if model in CURVED:
        label = stages.spline_label(SETTINGS[model])
        found["spline"] = (
            f"{folder}/benchmarks/splines/{label}/seed{{seed}}/fit_spline.tsv",
            f"{folder}/splines/{label}/seed{{seed}}/spline.safetensors",
        )
    if model in STEPPED:
        found["steps"] = (f"{folder}/{run}/choose_steps.tsv", f"{made}/steps.json")
    if model in FIELDS:
        found["dynamics"] = (f"{folder}/{run}/fit_dynamics.tsv", f"{made}/dynamics.safetensors")
    found["predict"] = (f"{folder}/{run}/predict.tsv", f"{made}/prediction.safetensors")
    found["evaluate"] = (f"{folder}/{run}/evaluate_prediction.tsv", None)
    return found


RUNTIME_ROWS = [
    (d, m, s, stage, *[p and p.format(seed=s) for p in paths])
    for d in DATASETS
    for m in runs(d)
    for s in SEEDS
    for stage, paths in timed_stages(d, m).items()
]


rule evaluate_prediction:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        law=exact_law_of,
        prediction="results/{dataset}/runs/{model}/seed{seed}/prediction.safetensors",
    output:
        "results/{dataset}/runs/{model}/seed{seed}/metrics.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/evaluate_prediction.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/evaluate_prediction.tsv"
    conda:
        "../../envs/analysis.yaml"
    # Many, so that few evaluations run beside a training and it is not starved.
    threads: 4
    params:
        joint_every=config["evaluation"]["joint_every"],
        samples=config["evaluation"]["samples"],
        code=code("evaluate_prediction.py"),
    script:
        "../scripts/evaluate_prediction.py"


rule tabulate_metrics:
    input:
        [
            f"results/{d}/runs/{m}/seed{s}/metrics.csv"
            for d in DATASETS
            for m in runs(d)
            for s in SEEDS
        ],
    output:
        metrics="results/metrics.csv",
        summary=report(
            "results/summary.csv",
            caption="../report/summary.rst",
            category="Tables",
        ),
    log:
        "results/logs/tabulate_metrics.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("tabulate_metrics.py"),
    script:
        "../scripts/tabulate_metrics.py"


rule tabulate_runtime:
    input:
        [row[4] for row in RUNTIME_ROWS],
        [row[5] for row in RUNTIME_ROWS if row[5]],
    output:
        "results/runtime.csv",
    log:
        "results/logs/tabulate_runtime.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        rows=RUNTIME_ROWS,
        code=code("tabulate_runtime.py"),
    script:
        "../scripts/tabulate_runtime.py"
