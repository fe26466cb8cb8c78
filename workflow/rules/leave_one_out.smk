# Leave one out: every interior snapshot predicted from all the others.


rule tabulate_folds:
    input:
        snapshots=fold_snapshots,
        metrics=fold_metrics,
    output:
        scores="results/leave_one_out.csv",
        summary="results/leave_one_out_summary.csv",
    log:
        "results/logs/tabulate_folds.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("tabulate_folds.py"),
    script:
        "../scripts/tabulate_folds.py"
