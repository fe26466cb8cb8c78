# The latent path of neural CDEs: the anchors reduced to a few coordinates.


rule fit_latent_path:
    input:
        graph=lambda w: plan.graph_of(w.model),
        snapshots=lambda w: (
            rules.prepare_snapshots.output[0] if plan.is_behavioural(w.model) else []
        ),
        released=released_of,
    output:
        path="results/{dataset}/runs/{model}/seed{seed}/latent_path.safetensors",
        losses="results/{dataset}/runs/{model}/seed{seed}/latent_path_losses.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/fit_latent_path.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/fit_latent_path.tsv"
    wildcard_constraints:
        model=any_of(plan.driven),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=lambda w: card(w) * int(plan.is_behavioural(w.model)),
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=model_settings("data", "backbone", "path", "released"),
        contents=released_contents,
        code=code("fit_latent_path.py"),
    message:
        "Fit the latent path of {wildcards.model} on {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/fit_latent_path.py"
