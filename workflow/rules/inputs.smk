# What the jobs of a stage take, where it depends on their data set or model. What is not below results/ is `local`:
# neither the prefix of a module nor a storage provider moves it.
from weightflow.anchors.registry import ALIGNMENTS
from weightflow.config.data_checks import Asked, check_asked
from weightflow.data.outline import read_outline
from weightflow.records.digests import input_digest
from weightflow.formats.reading import format_of
from weightflow.formats.registry import READERS
from weightflow.records.record import unless_read
from weightflow.systems.entries import files_of


def own_files(dataset):
    """A data set's own files."""
    return as_files(settings_of(dataset)["file"])


def files_of_system(dataset):
    """The file of a data set's system, first, and the model that it names, if any."""
    system = system_file(dataset)
    return files_of(system) if system else []


def system_sources(wildcards):
    """The same as inputs."""
    return local(files_of_system(wildcards.dataset))


def file_sources(wildcards):
    """A data set's file, and the system that it is said to come from."""
    chosen = dataset_settings(wildcards)
    system = {"system": system_sources(wildcards)} if chosen["system"] else {}
    return {"file": local(chosen["file"]), **system}


def contents(paths):
    """Digests of users' files, by which an edit is noticed whatever modification times say; none of what a rule makes."""
    made = {path for path in paths if any(rule.is_producer(path) for rule in workflow.rules)}
    return [
        input_digest(path) if Path(path).is_file() and path not in made else None for path in paths
    ]


def file_contents(wildcards):
    """Digests of a data set's own files, and of its system's; of fetched ones once they are others than were read."""
    chosen = dataset_settings(wildcards)
    files = as_files(chosen["file"])
    digests = contents(files)
    if chosen["url"]:  # not there at first, which must not look like a change
        digests = unless_read(dict(zip(files, digests)), FOLDER / wildcards.dataset / "source.json")
    return digests + contents(system_sources(wildcards) if chosen["system"] else [])


def snapshot_sources(wildcards):
    """What snapshots are made of, which a data set and its folds have in common."""
    chosen, whole = dataset_settings(wildcards), fold_of(wildcards.dataset)[0]
    sources = {}
    if chosen["file"]:
        sources |= {"file": local(chosen["file"]), "source": f"results/{whole}/source.json"}
    if needs_simulation(chosen):
        sources["simulated"] = f"results/{whole}/simulated.safetensors"
    return sources


def source_of(dataset):
    """A data set's file or files, or the name of the system that it is simulated from."""
    chosen = settings_of(dataset)
    return ", ".join(as_files(chosen["file"])) or chosen["system"]


def origin(wildcards):
    """The matrix of an .h5ad that a data set's states are from, where predictions are written back to."""
    chosen = dataset_settings(wildcards)
    annotated = any(READERS[format_of(path)].annotated for path in as_files(chosen["file"]))
    return chosen["matrix"] if annotated else "X"


def prepared(dataset):
    """The prepared data of a data set, which say how many snapshots there are; saved ones as they are."""
    if FROM_SAVED:
        return str(FOLDER / dataset / "snapshots.safetensors")
    return checkpoints.prepare_snapshots.get(dataset=dataset).output[0]


def each_snapshot(pattern):
    """Input function: a pattern for every observed snapshot, whose number the prepared data say."""

    def paths(wildcards):
        from weightflow.data.snapshots import observed_count

        snapshots = [f"{k:03d}" for k in range(observed_count(prepared(wildcards.dataset)))]
        return expand(pattern, snapshot=snapshots, allow_missing=True)

    return paths


def common_start(wildcards):
    """Where anchors with a common start begin; others have a start of their own."""
    alignment = ALIGNMENTS[sharer(ANCHORS[wildcards.anchors])["anchors"]["alignment"]]
    start = "results/{dataset}/anchors/{anchors}/seed{seed}/start.safetensors"
    return start if alignment.common_start else []


def start_of(wildcards):
    """The file that a model's training starts from, or nothing where it starts anew."""
    return local(SETTINGS[wildcards.model]["training"]["start_from"] or [])


def start_contents(wildcards):
    """Digest of the file that a model's training starts from."""
    return contents(as_files(SETTINGS[wildcards.model]["training"]["start_from"]))


def is_behavioural(model):
    """Whether a model's latent path is also judged by what its decoded weights say."""
    return SETTINGS[model]["path"]["behavioural"] > 0


def asked_of(dataset):
    """What is asked of a data set: models, baselines, times of predictions, and whether snapshots are left out."""
    return {
        "models": ablation_plan.models_on(dataset, config),
        "baselines": config["baselines"],
        "times": config["prediction"]["times"] or [],
        "leave_one_out": config["evaluation"]["leave_one_out"] and fold_of(dataset)[1] is None,
    }


def fault_of(subject):
    """The sentence about a data set, populations or results; nothing where nothing is wrong."""
    try:
        if subject == "results":
            integrity.check_results(FOLDER)
        elif subject == "populations":
            population_source()
        else:
            asked = Asked(**asked_of(subject))
            check_asked(read_outline(prepared(subject)), subject, asked)
    except InputError as fault:
        return str(fault)
    return None


def unsuited(wildcards):
    """A refusal where a model, a baseline or a time does not suit a data set."""
    return f"results/refused/{wildcards.dataset}.json" if fault_of(wildcards.dataset) else []


def damaged(wildcards):
    """A refusal where results here are not what the workflow wrote."""
    return "results/refused/results.json" if fault_of("results") else []


def folds_of(dataset):
    """Folds of a data set, one for each interior snapshot, whose number the prepared data say."""
    from weightflow.data.snapshots import observed_count

    return [fold_name(dataset, k) for k in interior(observed_count(prepared(dataset)))]


def shown_folds(dataset):
    """Folds that the figures of a data set tell of; a fold has none of its own."""
    shown = config["evaluation"]["leave_one_out"] and dataset in DATASETS
    return folds_of(dataset) if shown else []


def shown_fold_snapshots(wildcards):
    """Their snapshots."""
    return [f"results/{fold}/snapshots.safetensors" for fold in shown_folds(wildcards.dataset)]


def compared_runs(dataset):
    """(data set or fold, run, seed) of all that moments are told of."""
    whole = [(dataset, run, seed) for run in runs(dataset) for seed in SEEDS]
    return whole + [
        (fold, run, seed)
        for fold in shown_folds(dataset)
        for run in [*MODELS, *config["baselines"]]
        for seed in SEEDS
    ]


def compared_predictions(wildcards):
    """The prediction of each of them."""
    return [
        f"results/{name}/runs/{run}/seed{seed}/prediction.safetensors"
        for name, run, seed in compared_runs(wildcards.dataset)
    ]


def fold_snapshots(wildcards):
    """The snapshots of every fold."""
    return [f"results/{fold}/snapshots.safetensors" for d in DATASETS for fold in folds_of(d)]


def fold_metrics(wildcards):
    """The metrics of every model and baseline on every fold."""
    return [
        f"results/{fold}/runs/{run}/seed{seed}/metrics.csv"
        for d in DATASETS
        for fold in folds_of(d)
        for run in [*MODELS, *config["baselines"]]
        for seed in SEEDS
    ]
