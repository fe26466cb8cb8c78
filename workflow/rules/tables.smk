# Tables over all runs, made from their metrics and predictions.


rule tabulate_metrics:
    input:
        runs=[
            f"{plan.run_of(d, m, s)}/metrics.csv"
            for d in plan.datasets
            for m in plan.runs(d)
            for s in plan.seeds
        ],
        folds=(
            [f"{plan.folder}/leave_one_out_summary.csv"]
            if plan.config.evaluation.leave_one_out
            else []
        ),
    output:
        metrics=f"{plan.folder}/metrics.csv",
        summary=report(
            f"{plan.folder}/summary.csv",
            caption="../report/summary.rst",
            category="Tables",
        ),
    log:
        f"{plan.folder}/logs/tabulate_metrics.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("tabulate_metrics.py"),
    message:
        "Tabulate the metrics of all runs"
    script:
        "../scripts/tabulate_metrics.py"


rule tabulate_moments:
    input:
        snapshots=lambda w: [SNAPSHOTS, *shown_fold_snapshots(w)],
        predictions=compared_predictions,
    output:
        moments=f"{plan.folder}/{{dataset}}/moments.csv",
        determination=f"{plan.folder}/{{dataset}}/determination.csv",
    log:
        f"{plan.folder}/{{dataset}}/logs/tabulate_moments.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=lambda w: compared_runs(w.dataset),
        code=code("tabulate_moments.py"),
    message:
        "Tabulate the moments of {wildcards.dataset}"
    script:
        "../scripts/tabulate_moments.py"


rule tabulate_calibration:
    # Of the models alone, since sample-based baselines have no marginals.
    input:
        snapshots=lambda w: [SNAPSHOTS, *shown_fold_snapshots(w)],
        predictions=lambda w: [
            f"{plan.run_of(*run)}/prediction.safetensors" for run in modelled_runs(w.dataset)
        ],
    output:
        f"{plan.folder}/{{dataset}}/calibration.csv",
    log:
        f"{plan.folder}/{{dataset}}/logs/tabulate_calibration.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=lambda w: modelled_runs(w.dataset),
        code=code("tabulate_calibration.py"),
    message:
        "Tabulate the calibration of the models of {wildcards.dataset}"
    script:
        "../scripts/tabulate_calibration.py"


rule tabulate_path_energy:
    # Of the runs whose weights move.
    input:
        snapshots=SNAPSHOTS,
        predictions=lambda w: [
            f"{plan.run_of(*run)}/prediction.safetensors" for run in moving_runs(w.dataset)
        ],
    output:
        f"{plan.folder}/{{dataset}}/path_energy.csv",
    log:
        f"{plan.folder}/{{dataset}}/logs/tabulate_path_energy.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        runs=lambda w: moving_runs(w.dataset),
        code=code("tabulate_path_energy.py"),
    message:
        "Tabulate the energies along the paths of {wildcards.dataset}"
    script:
        "../scripts/tabulate_path_energy.py"


rule tabulate_bands:
    input:
        lambda w: [
            saved(f"results/{d}/runs/{plan.shown_model(d)}/coverage.csv") for d in plan.described
        ],
    output:
        f"{plan.folder}/bands.csv",
    log:
        f"{plan.folder}/logs/tabulate_bands.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        about=[{"dataset": d, "model": plan.shown_model(d)} for d in plan.described],
        code=code("tabulate_bands.py"),
    message:
        "Tabulate the coverage of the bands"
    script:
        "../scripts/tabulate_bands.py"


rule tabulate_folds:
    input:
        snapshots=fold_snapshots,
        metrics=fold_metrics,
        refused=lambda w: [f"results/refused/{d}.json" for d in plan.datasets if fault_of(d)],
    output:
        scores=f"{plan.folder}/leave_one_out.csv",
        summary=f"{plan.folder}/leave_one_out_summary.csv",
    log:
        f"{plan.folder}/logs/tabulate_folds.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        samples=plan.config.evaluation.samples,
        code=code("tabulate_folds.py"),
    message:
        "Tabulate the metrics of the left-out snapshots"
    script:
        "../scripts/tabulate_folds.py"


rule tabulate_ablations:
    input:
        [
            f"{plan.run_of(d, m, s)}/metrics.csv"
            for d in plan.studied
            for m in plan.ablated
            for s in plan.seeds
        ],
    output:
        f"{plan.folder}/ablations.csv",
    log:
        f"{plan.folder}/logs/tabulate_ablations.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        levels=[list(level) for level in plan.levels],
        code=code("tabulate_ablations.py"),
    message:
        "Tabulate the ablations"
    script:
        "../scripts/tabulate_ablations.py"


rule tabulate_sample_sizes:
    input:
        runs=[
            f"{plan.run_of(d, m, s)}/metrics.csv"
            for d in plan.studied
            for m in dict.fromkeys(size.model for size in plan.sample_sizes)
            for s in plan.seeds
        ],
        snapshots=expand(SNAPSHOTS, dataset=plan.studied),
    output:
        f"{plan.folder}/sample_size.csv",
    log:
        f"{plan.folder}/logs/tabulate_sample_sizes.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        sizes=[list(size) for size in plan.sample_sizes],
        code=code("tabulate_sample_sizes.py"),
    message:
        "Tabulate the metrics against the numbers of states"
    script:
        "../scripts/tabulate_sample_sizes.py"


rule tabulate_published:
    input:
        published=local(HOME / "resources" / "published.csv"),
        summary=f"{plan.folder}/summary.csv",
    output:
        report(
            f"{plan.folder}/table1.csv",
            caption="../report/table1.rst",
            category="Tables",
        ),
    log:
        f"{plan.folder}/logs/tabulate_published.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        systems=plan.published,
        runs={d: plan.runs(d) for d in plan.published},
        contents=contents([str(HOME / "resources" / "published.csv")]),
        code=code("tabulate_published.py"),
    message:
        "Tabulate the published results beside those of this run"
    script:
        "../scripts/tabulate_published.py"
