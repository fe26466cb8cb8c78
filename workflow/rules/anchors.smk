# Anchor training: the backbone's weights for each observed snapshot.


rule train_anchors:
    input:
        snapshots=rules.prepare_snapshots.output[0],
    output:
        anchors=directory("results/{dataset}/anchors/{anchors}/seed{seed}/snapshots"),
        losses="results/{dataset}/anchors/{anchors}/seed{seed}/losses.csv",
    log:
        "results/{dataset}/logs/anchors/{anchors}/seed{seed}/train_anchors.log",
    benchmark:
        "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}/train_anchors.tsv"
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    resources:
        gpu=1,
    params:
        settings=lambda w: settings.anchor_settings(ANCHORS[w.anchors]),
        code=code("train_anchors.py"),
    script:
        "../scripts/train_anchors.py"
