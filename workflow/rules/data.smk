# Data preparation: from a user's file or a simulated system to the canonical snapshots file.


rule download_file:
    # Only for missing files, so that no file is replaced.
    output:
        local("{download}"),
    log:
        "results/logs/download_file/{download}.log",
    wildcard_constraints:
        download=any_of(map(re.escape, DOWNLOADS)),
    priority: 100
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        url=lambda w: DOWNLOADS[w.download][0],
        sha256=lambda w: DOWNLOADS[w.download][1],
        code=code("download_file.py"),
    message:
        "Download {wildcards.download}"
    script:
        "../scripts/download_file.py"


rule check_file:
    # Separate from the preparation, so that a bad file does not delete snapshots made from a good one.
    input:
        unpack(file_sources),
    output:
        "results/{dataset}/source.json",
    log:
        "results/{dataset}/logs/check_file.log",
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=dataset_settings,
        contents=file_contents,
        code=code("check_file.py"),
    message:
        "Check the file of {wildcards.dataset}"
    script:
        "../scripts/check_file.py"


rule simulate_system:
    input:
        system_sources,
    output:
        "results/{dataset}/simulated.safetensors",
    log:
        "results/{dataset}/logs/simulate_system.log",
    benchmark:
        "results/{dataset}/benchmarks/simulate_system.tsv"
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    threads: 2
    resources:
        runtime=stage_minutes,
    params:
        trajectories=lambda w: plan.simulated(w.dataset).training,
        heldout=lambda w: plan.simulated(w.dataset).heldout,
        cells=lambda w: plan.simulated(w.dataset).cells,
        seed=lambda w: plan.dataset(w.dataset).seed,
        contents=lambda w: contents(system_sources(w)),
        code=code("simulate_system.py"),
    message:
        "Simulate the system of {wildcards.dataset}"
    script:
        "../scripts/simulate_system.py"


checkpoint prepare_snapshots:
    # A checkpoint, since the number of anchors and the checks of the models depend on its output.
    input:
        unpack(snapshot_sources),
    output:
        "results/{dataset}/snapshots.safetensors",
    log:
        "results/{dataset}/logs/prepare_snapshots.log",
    benchmark:
        "results/{dataset}/benchmarks/prepare_snapshots.tsv"
    priority: 100
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=stage_minutes,
    params:
        settings=dataset_settings,
        fold=lambda w: fold_of(w.dataset).left_out,
        code=code("prepare_snapshots.py"),
    message:
        "Prepare the snapshots of {wildcards.dataset}"
    script:
        "../scripts/prepare_snapshots.py"
