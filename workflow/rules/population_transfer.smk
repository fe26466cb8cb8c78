# Fine-tuning of generated networks, midpoints, originals and random initialisations, on their task or on another.


rule prepare_transfer_task:
    input:
        catalogue=local(TASKS),
        files=lambda w: local(populations().files_of_other(w.population, int(w.place))),
        checked=lambda w: populations().check_of(w.population),
        snapshots=[],
    output:
        f"{POPULATION}/transfer/{{place}}.safetensors",
    log:
        f"{POPULATION}/logs/transfer/{{place}}.log",
    wildcard_constraints:
        place=r"\d+",
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=lambda w: populations().sections_of_other(w.population, int(w.place)),
        contents=lambda w: contents(
            [TASKS, *populations().examples_of_other(w.population, int(w.place))]
        ),
        key=lambda w: f".transfer.tasks.{w.place}",
        code=code("prepare_task.py"),
    message:
        "Prepare the task {wildcards.place} for fine-tuning {wildcards.population}"
    script:
        "../scripts/prepare_task.py"


rule tune_networks:
    input:
        task=f"{POPULATION}/task.safetensors",
        tasks=lambda w: populations().prepared_tasks(w.population),
        population=members("aligned.safetensors"),
        generated=lambda w: populations().generated(w.population, "aligned", w.seed),
        drawn=lambda w: populations().drawn(w.population, w.seed),
        module=module_file,
    output:
        f"{MEMBERS}/metrics/transfer.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/tune_networks.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/tune_networks.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("architecture", "networks", "transfer"),
        initialisations=lambda w: list(population(w).training.initialisations),
        labels=lambda w: populations().labels_of_transfer(w.population),
        anew=lambda w: populations().last_layers_anew(w.population),
        generators=fitted_to("aligned"),
        seed=lambda w: int(w.seed),
        contents=lambda w: contents(module_file(w)),
        code=code("tune_networks.py"),
    message:
        "Fine-tune networks of {wildcards.population}, seed {wildcards.seed}"
    script:
        "../scripts/tune_networks.py"
