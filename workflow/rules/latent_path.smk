# The latent path: anchors reduced to a few numbers, for the models that are driven by one.


rule fit_latent_path:
    input:
        lambda w: f"{anchors_of(w.model)}/weight_graph.safetensors",
    output:
        path="results/{dataset}/runs/{model}/seed{seed}/latent_path.safetensors",
        losses="results/{dataset}/runs/{model}/seed{seed}/latent_path_losses.csv",
    log:
        "results/{dataset}/logs/{model}/seed{seed}/fit_latent_path.log",
    benchmark:
        "results/{dataset}/benchmarks/{model}/seed{seed}/fit_latent_path.tsv"
    wildcard_constraints:
        model=any_of(CDE_MODELS),
    priority: 50
    conda:
        "../../envs/weightflow.yaml"
    params:
        settings=model_settings("path"),
        code=code("fit_latent_path.py"),
    script:
        "../scripts/fit_latent_path.py"
