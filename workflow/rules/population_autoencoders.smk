# Auto-encoders of networks: their fit, reconstructions, draws about codes, ablations, and networks of other populations.
rule check_autoencoders:
    # Whether the auto-encoders can hold the networks; by its priority before these are trained. It is no input of their
    # training: Snakemake passes over changed settings of jobs behind an ancient input whose job runs.
    input:
        tasks=lambda w: populations().tasks_of_zoos(trained_here(all_zoos(w))),
    output:
        f"{POPULATION}/autoencoders.json",
    log:
        f"{POPULATION}/logs/check_autoencoders.log",
    priority: 100
    conda:
        "../../envs/weightflow.yaml"
    resources:
        runtime=stage_minutes,
    params:
        variants=lambda w: {
            variant: {
                **fit_keys(own),
                "zoos": populations().zoos(w.population, variant),
                "unfamiliar": trained_here(own.unfamiliar) if variant == BASE else [],
            }
            for variant, own in populations().autoencoders(w.population).items()
        },
        zoos=lambda w: populations().sections_of_zoos(trained_here(all_zoos(w))),
        code=code("check_autoencoders.py"),
    message:
        "Check the auto-encoders of {wildcards.population}"
    script:
        "../scripts/check_autoencoders.py"


rule fit_weight_autoencoder:
    input:
        tasks=lambda w: populations().tasks_of_zoos(zoos_of(w)),
        populations=lambda w: populations().aligned(zoos_of(w), w.seed),
        others=lambda w: populations().files_of_queries(w.population, w.variant),
        modules=lambda w: modules_of(zoos_of(w)),
    output:
        autoencoder=f"{ENCODED}/autoencoder.safetensors",
        losses=f"{ENCODED}/losses.csv",
        scores=f"{ENCODED}/scores.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{variant}}/{{structural}}/fit_weight_autoencoder.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/{{variant}}/{{structural}}/fit_weight_autoencoder.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: populations().settings_of_autoencoder(w.population, w.variant),
        others=lambda w: populations().other_queries(w.population, w.variant),
        structural=lambda w: float(w.structural),
        contents=lambda w: contents(modules_of(zoos_of(w))),
        seed=lambda w: int(w.seed),
        code=code("fit_weight_autoencoder.py"),
    message:
        "Encode {wildcards.population} ({wildcards.variant}, β = {wildcards.structural}), seed {wildcards.seed}"
    script:
        "../scripts/fit_weight_autoencoder.py"


rule evaluate_reconstructed:
    input:
        tasks=lambda w: populations().tasks_of_zoos([w.population]),
        populations=lambda w: populations().aligned([w.population], w.seed),
        raw=members("population.safetensors"),
        autoencoders=encoded("autoencoder.safetensors"),
        scores=encoded("scores.csv"),
        modules=module_file,
    output:
        metrics=f"{MEMBERS}/metrics/reconstructed.csv",
        decoded=f"{MEMBERS}/metrics/decoded.csv",
        drawn=f"{MEMBERS}/generated/decoded.safetensors",
    log:
        f"{POPULATION}/logs/seed{{seed}}/evaluate_reconstructed.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/evaluate_reconstructed.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("generated", "norms"),
        zoos=lambda w: populations().sections_of_zoos([w.population]),
        drawing=lambda w: population(w).autoencoder.drawing.plain(),
        shares=shares_of,
        structural=structural_of,
        contents=lambda w: contents(module_file(w)),
        seed=lambda w: int(w.seed),
        code=code("evaluate_reconstructed.py"),
    message:
        "Evaluate reconstructions of {wildcards.population}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_reconstructed.py"


rule evaluate_variants:
    # The ablation: every auto-encoder on unseen networks.
    input:
        tasks=lambda w: populations().tasks_of_zoos([w.population]),
        populations=lambda w: populations().aligned([w.population], w.seed),
        autoencoders=encoded("autoencoder.safetensors", base_only=False),
        benchmarks=lambda w: expand(
            "results/populations/{p}/benchmarks/seed{s}/{own[0]}/{own[1]}/fit_weight_autoencoder.tsv",
            p=w.population,
            s=w.seed,
            own=populations().encodings(w.population),
        ),
        modules=module_file,
    output:
        f"{MEMBERS}/metrics/variants.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/evaluate_variants.log",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        zoos=lambda w: populations().sections_of_zoos([w.population]),
        variants=lambda w: [
            {"variant": variant, "structural": weight, **about_variant(w, variant)}
            for variant, weight in populations().encodings(w.population)
        ],
        shares=shares_of,
        contents=lambda w: contents(module_file(w)),
        seed=lambda w: int(w.seed),
        code=code("evaluate_variants.py"),
    message:
        "Evaluate the variants of the auto-encoder of {wildcards.population}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_variants.py"


rule evaluate_zoos:
    # The auto-encoder of a population on networks of others.
    input:
        tasks=lambda w: populations().tasks_of_zoos(compared(w)),
        populations=lambda w: populations().aligned(compared(w), w.seed),
        autoencoders=encoded("autoencoder.safetensors"),
        scores=encoded("scores.csv"),
        modules=lambda w: modules_of(compared(w)),
    output:
        f"{MEMBERS}/metrics/zoos.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/evaluate_zoos.log",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        zoos=lambda w: populations().sections_of_zoos(compared(w)),
        trained=lambda w: len(populations().zoos(w.population, BASE)),
        shares=shares_of,
        structural=structural_of,
        contents=lambda w: contents(modules_of(compared(w))),
        seed=lambda w: int(w.seed),
        code=code("evaluate_zoos.py"),
    message:
        "Evaluate the auto-encoder of {wildcards.population} on other networks, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_zoos.py"
