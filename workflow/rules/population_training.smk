# Populations of classifiers: training, alignment, generators of networks, and evaluation on a test part
# that is not used for choices.
TASKS = str(HOME / "resources" / "tasks.yaml")


rule check_examples:
    # Separate from the preparation, so that a bad file does not delete the task of a good one. All that depends on the
    # examples depends on their check, so its parameters are those of the training, too.
    input:
        lambda w: local(populations().files_of_examples(w.population)),
    output:
        f"{POPULATION}/examples.json",
    log:
        f"{POPULATION}/logs/check_examples.log",
    priority: 100
    conda:
        "../../envs/weightflow.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=sections_of_population(
            "examples", "crop", "resize", "classes", "architecture", "networks"
        ),
        augment=lambda w: population(w).training.augment,
        contents=lambda w: contents(populations().files_of_examples(w.population)),
        code=code("check_examples.py"),
    message:
        "Check the examples of {wildcards.population}"
    script:
        "../scripts/check_examples.py"


rule prepare_task:
    input:
        catalogue=local(TASKS),
        files=lambda w: local(
            [
                *populations().files_of_task(population(w).task),
                *populations().files_of_examples(w.population),
            ]
        ),
        checked=lambda w: populations().check_of(w.population),
        snapshots=lambda w: populations().states_of(w.population),
    output:
        f"{POPULATION}/task.safetensors",
    log:
        f"{POPULATION}/logs/prepare_task.log",
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=sections_of_population(
            "task", "examples", "split", "crop", "resize", "classes", "scale", "snapshot"
        ),
        contents=lambda w: contents([TASKS, *populations().files_of_examples(w.population)]),
        key="",
        code=code("prepare_task.py"),
    message:
        "Prepare the task of {wildcards.population}"
    script:
        "../scripts/prepare_task.py"


rule prepare_other_task:
    input:
        catalogue=local(TASKS),
        files=lambda w: local(populations().files_of_task(w.other)),
        checked=lambda w: populations().check_of(w.population),
    output:
        f"{POPULATION}/others/{{other}}.safetensors",
    log:
        f"{POPULATION}/logs/others/{{other}}.log",
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=sections_of_population("split", "scale"),
        shape=lambda w: populations().shape_of_inputs(w.population),
        contents=lambda w: contents([TASKS]),
        code=code("prepare_other_task.py"),
    message:
        "Prepare the task {wildcards.other} for {wildcards.population}"
    script:
        "../scripts/prepare_other_task.py"


rule train_population:
    input:
        task=rules.prepare_task.output[0],
    output:
        population=f"{MEMBERS}/population.safetensors",
        curves=f"{MEMBERS}/curves.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/train_population.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/train_population.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("architecture", "training"),
        seed=lambda w: int(w.seed),
        code=code("train_population.py"),
    message:
        "Train the population {wildcards.population}, seed {wildcards.seed}"
    script:
        "../scripts/train_population.py"


rule align_population:
    input:
        task=rules.prepare_task.output[0],
        population=rules.train_population.output.population,
        curves=rules.train_population.output.curves,
    output:
        f"{MEMBERS}/aligned.safetensors",
    log:
        f"{POPULATION}/logs/seed{{seed}}/align_population.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/align_population.tsv"
    conda:
        "../../envs/weightflow.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=sections_of_population("architecture", "networks", "alignment"),
        code=code("align_population.py"),
    message:
        "Align the population {wildcards.population}, seed {wildcards.seed}"
    script:
        "../scripts/align_population.py"


rule load_networks:
    input:
        task=rules.prepare_task.output[0],
        files=lambda w: local(populations().files_of_networks(w.population)),
        module=module_file,
    output:
        population=f"{LOADED}/population.safetensors",
        curves=f"{LOADED}/curves.csv",
    log:
        f"{POPULATION}/logs/load_networks.log",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("architecture", "networks"),
        contents=network_contents,
        code=code("load_networks.py"),
    message:
        "Read the networks of {wildcards.population}"
    script:
        "../scripts/load_networks.py"


rule align_loaded_networks:
    input:
        task=rules.prepare_task.output[0],
        population=rules.load_networks.output.population,
        curves=rules.load_networks.output.curves,
        module=module_file,
    output:
        f"{LOADED}/aligned.safetensors",
    log:
        f"{POPULATION}/logs/align_loaded_networks.log",
    conda:
        "../../envs/weightflow.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=sections_of_population("architecture", "networks", "alignment"),
        contents=lambda w: contents(module_file(w)),
        code=code("align_population.py"),
    message:
        "Align the networks of {wildcards.population}"
    script:
        "../scripts/align_population.py"


rule fit_generator:
    input:
        task=rules.prepare_task.output[0],
        population=laid_out,
        module=module_file,
    output:
        generator=f"{MEMBERS}/generators/{{generator}}-{{layout}}.safetensors",
        losses=f"{MEMBERS}/generators/{{generator}}-{{layout}}.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{layout}}/fit_{{generator}}.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/{{layout}}/fit_{{generator}}.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=lambda w: populations().sections(
            w.population,
            "architecture",
            "networks",
            GENERATORS[w.generator].section,
            without="alignments",
        ),
        contents=lambda w: contents(module_file(w)),
        seed=lambda w: int(w.seed),
        code=code("fit_generator.py"),
    message:
        "Fit the generator {wildcards.generator} to {wildcards.population} ({wildcards.layout}), seed {wildcards.seed}"
    script:
        "../scripts/fit_generator.py"


rule draw_networks:
    input:
        generator=rules.fit_generator.output.generator,
    output:
        f"{MEMBERS}/generated/{{generator}}-{{layout}}.safetensors",
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{layout}}/draw_{{generator}}.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/{{layout}}/draw_{{generator}}.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        settings=sections_of_population("generated"),
        seed=lambda w: int(w.seed),
        code=code("draw_networks.py"),
    message:
        "Draw {wildcards.generator} networks of {wildcards.population} ({wildcards.layout}), seed {wildcards.seed}"
    script:
        "../scripts/draw_networks.py"


rule export_networks:
    # Of networks that were loaded: the generated ones as state dicts of the same names.
    input:
        task=rules.prepare_task.output[0],
        population=members("population.safetensors"),
        networks=rules.draw_networks.output[0],
        module=module_file,
    output:
        directory(f"{PAGE}/{{population}}/seed{{seed}}/{{generator}}-{{layout}}"),
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{layout}}/export_{{generator}}.log",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=stage_minutes,
    params:
        settings=sections_of_population("architecture", "networks"),
        contents=lambda w: contents(module_file(w)),
        code=code("export_networks.py"),
    message:
        "Write the {wildcards.generator} networks of {wildcards.population} ({wildcards.layout}), seed {wildcards.seed}"
    script:
        "../scripts/export_networks.py"


rule evaluate_generated:
    input:
        task=rules.prepare_task.output[0],
        population=laid_out,
        generated=lambda w: populations().generated(w.population, w.layout, w.seed),
        module=module_file,
    output:
        metrics=f"{MEMBERS}/metrics/generated-{{layout}}.csv",
        accuracies=f"{MEMBERS}/metrics/accuracies-{{layout}}.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{layout}}/evaluate_generated.log",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("architecture", "networks", "generated", "norms"),
        learned=fitted_to(),
        contents=lambda w: contents(module_file(w)),
        seed=lambda w: int(w.seed),
        code=code("evaluate_generated.py"),
    message:
        "Evaluate networks of {wildcards.population} ({wildcards.layout}), seed {wildcards.seed}"
    script:
        "../scripts/evaluate_generated.py"


rule trace_frontiers:
    # Accuracy against distance, over the knob of every generator of aligned networks.
    input:
        task=rules.prepare_task.output[0],
        population=members("aligned.safetensors"),
        generators=lambda w: populations().generators(w.population, "aligned", w.seed),
        module=module_file,
    output:
        f"{MEMBERS}/metrics/frontier.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/trace_frontiers.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/trace_frontiers.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("architecture", "networks", "frontier"),
        learned=fitted_to("aligned"),
        contents=lambda w: contents(module_file(w)),
        seed=lambda w: int(w.seed),
        code=code("trace_frontiers.py"),
    message:
        "Trace the frontiers of {wildcards.population}, seed {wildcards.seed}"
    script:
        "../scripts/trace_frontiers.py"


rule tabulate_population_runtime:
    input:
        lambda w: [entry.benchmark for entry in populations().timed()],
    output:
        f"{PAGE}/runtime.csv",
    log:
        f"{PAGE}/logs/tabulate_population_runtime.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        rows=lambda w: [
            {"population": entry.population, "stage": entry.stage, "seed": entry.seed}
            for entry in populations().timed()
        ],
        code=code("tabulate_population_runtime.py"),
    message:
        "Tabulate the run time of the populations"
    script:
        "../scripts/tabulate_population_runtime.py"


rule write_population_settings:
    # Settings of finished populations; as a --configfile they reproduce them.
    input:
        rules.tabulate_population_runtime.output,
        f"{PAGE}/summary.csv",
    output:
        f"{PAGE}/settings.yaml",
    log:
        f"{PAGE}/logs/write_population_settings.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        config=lambda w: config | populations().plain(),
        code=code("write_settings.py"),
    message:
        "Write the settings of the populations"
    script:
        "../scripts/write_settings.py"
