# The weight graph: anchors as tokens, built once for all models that share the anchors.


rule build_weight_graph:
    input:
        snapshots=rules.prepare_snapshots.output[0],
        width=lambda w: plan.width_of(w.anchors),
        anchors=rules.train_anchors.output.anchors,
    output:
        "results/{dataset}/anchors/{anchors}/seed{seed}/weight_graph.safetensors",
    log:
        "results/{dataset}/logs/anchors/{anchors}/seed{seed}/build_weight_graph.log",
    benchmark:
        "results/{dataset}/benchmarks/anchors/{anchors}/seed{seed}/build_weight_graph.tsv"
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=lambda w: stages.anchor_settings(plan.shared(plan.anchors[w.anchors])),
        code=code("build_weight_graph.py"),
    message:
        "Build the weight graph of {wildcards.anchors} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/build_weight_graph.py"
