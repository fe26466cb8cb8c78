# Populations of classifiers: trained, aligned, generated from a flow over their weights, encoded and reconstructed, and
# judged on examples that no choice saw.


wildcard_constraints:
    population=any_of(POPULATIONS),
    layout="aligned|raw",
    structural=r"[\d.e-]+",
    other=any_of(TASK_SHAPES),


rule prepare_task:
    input:
        catalogue=local(TASKS),
        files=lambda w: local(files_of_task(POPULATIONS[w.population]["task"])),
        snapshots=states_of_task,
    output:
        f"{POPULATION}/task.safetensors",
    log:
        f"{POPULATION}/logs/prepare_task.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=sections_of_population("task", "split", "snapshot"),
        contents=contents([str(TASKS)]),
        code=code("prepare_task.py"),
    script:
        "../scripts/prepare_task.py"


rule prepare_other_task:
    input:
        catalogue=local(TASKS),
        files=lambda w: local(files_of_task(w.other)),
        snapshots=[],
    output:
        f"{POPULATION}/others/{{other}}.safetensors",
    log:
        f"{POPULATION}/logs/others/{{other}}.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=lambda w: {"task": w.other, "split": POPULATIONS[w.population]["split"]},
        contents=contents([str(TASKS)]),
        code=code("prepare_task.py"),
    script:
        "../scripts/prepare_task.py"


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
        settings=sections_of_population("architecture", "alignment"),
        code=code("align_population.py"),
    script:
        "../scripts/align_population.py"


rule fit_weight_flow:
    input:
        population=laid_out,
    output:
        flow=f"{MEMBERS}/flows/{{layout}}.safetensors",
        losses=f"{MEMBERS}/flows/{{layout}}.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{layout}}/fit_weight_flow.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/{{layout}}/fit_weight_flow.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("flow", without="alignments"),
        seed=lambda w: int(w.seed),
        code=code("fit_weight_flow.py"),
    script:
        "../scripts/fit_weight_flow.py"


rule generate_networks:
    input:
        flow=rules.fit_weight_flow.output.flow,
    output:
        f"{MEMBERS}/generated/flow-{{layout}}.safetensors",
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{layout}}/generate_networks.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/{{layout}}/generate_networks.tsv"
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
        code=code("generate_networks.py"),
    script:
        "../scripts/generate_networks.py"


rule evaluate_generated:
    input:
        task=rules.prepare_task.output[0],
        population=laid_out,
        flow=generated("{layout}"),
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
        settings=sections_of_population("architecture", "generated"),
        seed=lambda w: int(w.seed),
        code=code("evaluate_generated.py"),
    script:
        "../scripts/evaluate_generated.py"


rule fit_weight_autoencoder:
    input:
        task=rules.prepare_task.output[0],
        population=rules.align_population.output[0],
        others=lambda w: expand(
            f"results/populations/{w.population}/others/{{other}}.safetensors",
            other=other_tasks(w.population),
        ),
    output:
        autoencoder=f"{MEMBERS}/autoencoders/{{structural}}/autoencoder.safetensors",
        losses=f"{MEMBERS}/autoencoders/{{structural}}/losses.csv",
        scores=f"{MEMBERS}/autoencoders/{{structural}}/scores.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/{{structural}}/fit_weight_autoencoder.log",
    benchmark:
        f"{POPULATION}/benchmarks/seed{{seed}}/{{structural}}/fit_weight_autoencoder.tsv"
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("architecture", "autoencoder", without="structural"),
        others=lambda w: other_tasks(w.population),
        structural=lambda w: float(w.structural),
        seed=lambda w: int(w.seed),
        code=code("fit_weight_autoencoder.py"),
    script:
        "../scripts/fit_weight_autoencoder.py"


rule evaluate_reconstructed:
    input:
        task=rules.prepare_task.output[0],
        population=rules.align_population.output[0],
        autoencoders=of_each_structural(
            f"{MEMBERS}/autoencoders/{{structural}}/autoencoder.safetensors"
        ),
        scores=of_each_structural(f"{MEMBERS}/autoencoders/{{structural}}/scores.csv"),
    output:
        f"{MEMBERS}/metrics/reconstructed.csv",
    log:
        f"{POPULATION}/logs/seed{{seed}}/evaluate_reconstructed.log",
    conda:
        "../../envs/weightflow.yaml"
    threads: one_thread
    resources:
        gpu=card,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        settings=sections_of_population("architecture", "generated"),
        shares=lambda w: POPULATIONS[w.population]["autoencoder"]["shares"],
        structural=lambda w: structural_of(w.population),
        seed=lambda w: int(w.seed),
        code=code("evaluate_reconstructed.py"),
    script:
        "../scripts/evaluate_reconstructed.py"


rule tabulate_populations:
    input:
        [file for *_, file in JUDGED],
    output:
        metrics="results/populations/metrics.csv",
        summary="results/populations/summary.csv",
    log:
        "results/populations/logs/tabulate_populations.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        about=[
            {"population": population, "layout": what, "seed": seed}
            for population, what, seed, _ in JUDGED
        ],
        code=code("tabulate_populations.py"),
    script:
        "../scripts/tabulate_populations.py"


rule tabulate_population_runtime:
    input:
        [spent for *_, spent in TIMED_POPULATIONS],
    output:
        "results/populations/runtime.csv",
    log:
        "results/populations/logs/tabulate_population_runtime.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        rows=[row for *row, _ in TIMED_POPULATIONS],
        code=code("tabulate_population_runtime.py"),
    script:
        "../scripts/tabulate_population_runtime.py"


rule plot_networks:
    input:
        accuracies=[
            f"{POPULATION}/seed{seed}/metrics/accuracies-{layout}.csv"
            for layout in LAYOUTS
            for seed in SEEDS
        ],
        population=f"{POPULATION}/seed{FIRST_SEED}/aligned.safetensors",
        flow=generated("aligned", FIRST_SEED),
    output:
        report(
            f"{POPULATION}/figures/networks.png",
            caption="../report/networks.rst",
            category="Figures",
            labels={"data set": "{population}", "figure": "networks"},
        ),
        f"{POPULATION}/figures/networks.pdf",
    log:
        f"{POPULATION}/logs/plot_networks.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        layouts=[layout for layout in LAYOUTS for _ in SEEDS],
        code=code("plot_networks.py"),
    script:
        "../scripts/plot_networks.py"


rule plot_learning:
    input:
        curves=f"{POPULATION}/seed{FIRST_SEED}/curves.csv",
        flows=lambda w: expand(
            f"results/populations/{w.population}/seed{FIRST_SEED}/flows/{{layout}}.csv",
            layout=flows_of(w.population),
        ),
        autoencoders=of_each_structural(
            f"{POPULATION}/seed{FIRST_SEED}/autoencoders/{{structural}}/losses.csv"
        ),
    output:
        report(
            f"{POPULATION}/figures/learning.png",
            caption="../report/learning.rst",
            category="Figures",
            labels={"data set": "{population}", "figure": "learning"},
        ),
        f"{POPULATION}/figures/learning.pdf",
    log:
        f"{POPULATION}/logs/plot_learning.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        layouts=lambda w: flows_of(w.population),
        structural=lambda w: structural_of(w.population),
        code=code("plot_learning.py"),
    script:
        "../scripts/plot_learning.py"


rule write_populations_report:
    input:
        template=local(WORKFLOW / "report" / "report.html.j2"),
        captions=local(
            [WORKFLOW / "report" / f"{kind}.rst" for kind in (*POPULATION_FIGURES, "bands")]
        ),
        summary=rules.tabulate_populations.output.summary,
        runtime=rules.tabulate_population_runtime.output[0],
        banded=rules.tabulate_bands.output.summary,
        figures=expand(
            "results/populations/{population}/figures/{kind}.png",
            population=POPULATIONS,
            kind=POPULATION_FIGURES,
        ),
        bands=expand("results/{dataset}/figures/bands.png", dataset=BANDED),
    output:
        "results/populations/report.html",
    log:
        "results/populations/logs/write_populations_report.log",
    group:
        "figures"
    conda:
        "../../envs/analysis.yaml"
    params:
        populations=POPULATIONS,
        bands=BANDED,
        seeds=SEEDS,
        code=code("write_populations_report.py"),
    script:
        "../scripts/write_populations_report.py"
