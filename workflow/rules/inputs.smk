# What the jobs of a stage take, where only Snakemake, the files that are there or the prepared data can tell. What is not
# below results/ is `local`: neither the prefix of a module nor a storage provider moves it.
from weightflow.config.data_checks import check_asked
from weightflow.data.folds import fold_name, fold_of, interior
from weightflow.data.outline import read_outline
from weightflow.formats.reading import as_files
from weightflow.records.digests import input_digest
from weightflow.records.record import unless_read


def is_there(file):
    """Whether a file exists or is made by a rule."""
    return Path(file).is_file() or any(rule.is_producer(file) for rule in workflow.rules)


DOWNLOADS = plan.downloads(is_there)


def system_sources(wildcards):
    """Files of a data set's system."""
    return local(plan.system_files(wildcards.dataset))


def file_sources(wildcards):
    """A data set's file, and the system in its settings, if any."""
    chosen = plan.dataset(wildcards.dataset)
    system = {"system": system_sources(wildcards)} if chosen.system else {}
    return {"file": local(plan.own_files(wildcards.dataset)), **system}


def contents(paths):
    """Digests of users' files and folders, so that an edit reruns the rule for any modification time; None for files of
    rules."""
    made = {path for path in paths if any(rule.is_producer(path) for rule in workflow.rules)}
    return [
        input_digest(path) if Path(path).exists() and path not in made else None for path in paths
    ]


def file_contents(wildcards):
    """Digests of the files of a data set and of its system; of downloads only if they changed since they were read."""
    files = plan.own_files(wildcards.dataset)
    digests = contents(files)
    if plan.dataset(wildcards.dataset).url:  # the first download is no change
        digests = unless_read(dict(zip(files, digests)), FOLDER / wildcards.dataset / "source.json")
    return digests + contents(system_sources(wildcards))


def snapshot_sources(wildcards):
    """Inputs of the preparation of snapshots, the same for a data set and its folds."""
    whole, sources = fold_of(wildcards.dataset).dataset, {}
    if files := plan.own_files(whole):
        sources |= {"file": local(files), "source": f"results/{whole}/source.json"}
    if plan.is_simulated(whole):
        sources["simulated"] = f"results/{whole}/simulated.safetensors"
    return sources


def exact_law_of(wildcards):
    """The exact law's file; [] if it is not requested."""
    return plan.law_of(wildcards.dataset)


def start_of(wildcards):
    """The file of a model's `training.start_from`; [] without one."""
    return local(plan.settings[wildcards.model].training.start_from or [])


def start_contents(wildcards):
    """Digest of the file of a model's `training.start_from`."""
    return contents(as_files(plan.settings[wildcards.model].training.start_from))


def released_of(wildcards):
    """Files of the released code that replace the training of a model, or of the first one that shares anchors."""
    return local(plan.released_of(_model_of(wildcards)))


def released_contents(wildcards):
    """Digests of these files."""
    return contents(plan.released_of(_model_of(wildcards)))


def _model_of(wildcards):
    return plan.anchors[wildcards.anchors][0] if hasattr(wildcards, "anchors") else wildcards.model


def prepared(dataset):
    """The prepared data of a data set, from the checkpoint or from saved results."""
    if FROM_SAVED:
        return str(FOLDER / dataset / "snapshots.safetensors")
    if DESCRIBED:  # folds have the rules of the whole data set
        return str(Path(DESCRIBED, fold_of(dataset).dataset, "snapshots.safetensors"))
    return checkpoints.prepare_snapshots.get(dataset=dataset).output[0]


def each_snapshot(pattern):
    """Input function: a pattern for every observed snapshot of the prepared data."""

    def paths(wildcards):
        from weightflow.data.snapshots import observed_count

        snapshots = [f"{k:03d}" for k in range(observed_count(prepared(wildcards.dataset)))]
        return expand(pattern, snapshot=snapshots, allow_missing=True)

    return paths


def fault_of(subject):
    """The error sentence about a data set, populations or results; None without an error."""
    try:
        if subject == "results":
            integrity.check_results(FOLDER, plan.concerns)
        elif subject == FIRST_PAGE:
            raise InputError(
                f"{FOLDER}: the saved results lack what the first page of the report is made from, as those of older "
                "versions or of another model do; name their model in figures.model, or run snakemake again."
            )
        elif subject == "score":
            lacks = "models" if plan.scored else "states to score; set datasets.NAME.score: FILE"
            raise InputError(
                f"{CONFIG_SOURCE}: nothing can be scored, because there are no {lacks}."
            )
        elif subject == "populations":
            population_source()
        else:
            check_asked(read_outline(prepared(subject)), subject, plan.asked_of(subject))
    except InputError as fault:
        return str(fault)
    return None


def unsuited(wildcards):
    """A refusal if a model, a baseline or a time is impossible on a data set; else []."""
    return f"results/refused/{wildcards.dataset}.json" if fault_of(wildcards.dataset) else []


def damaged(wildcards):
    """A refusal if results were changed after the workflow wrote them; else []."""
    return "results/refused/results.json" if fault_of("results") else []


def saved(path):
    """A file that only training makes; a refusal if saved results lack it."""
    return path if not FROM_SAVED or Path(path).is_file() else f"results/refused/{FIRST_PAGE}.json"


def saved_motion(dataset):
    """The motion of the model shown on the first page."""
    return saved(plan.motion_of(plan.shown_model(dataset)).format(dataset=dataset))


def saved_bands(dataset):
    """The bands of the model shown; [] without models."""
    return (
        saved(plan.bands_of(plan.shown_model(dataset)).format(dataset=dataset))
        if plan.models
        else []
    )


def left_out_scores(wildcards):
    """The metrics at left-out snapshots; [] without folds."""
    return f"{plan.folder}/leave_one_out.csv" if plan.config.evaluation.leave_one_out else []


def scored_states(wildcards):
    """The scored states of all data sets; a refusal if there are none."""
    found = [plan.scores_of(d) for d in plan.scored if plan.models]
    return found or ["results/refused/score.json"]


def folds_of(dataset):
    """Folds of a data set, one for each interior snapshot of the prepared data."""
    from weightflow.data.snapshots import observed_count

    return [fold_name(dataset, k) for k in interior(observed_count(prepared(dataset)))]


def shown_folds(dataset):
    """Folds in the figures of a data set; [] for a fold itself."""
    shown = plan.config.evaluation.leave_one_out and dataset in plan.datasets
    return folds_of(dataset) if shown else []


def shown_fold_snapshots(wildcards):
    """Snapshots of the folds in the figures of a data set."""
    return [f"results/{fold}/snapshots.safetensors" for fold in shown_folds(wildcards.dataset)]


def compared_runs(dataset):
    """(data set or fold, run, seed) of the predictions in the table of moments."""
    whole = list(product([dataset], plan.runs(dataset), plan.seeds))
    return whole + list(product(shown_folds(dataset), plan.judged, plan.seeds))


def modelled_runs(dataset):
    """The runs of `compared_runs` that are models."""
    return [run for run in compared_runs(dataset) if run[1] in plan.models]


def moving_runs(dataset):
    """(data set, run, seed) of the models and of the interpolated anchors."""
    return list(product([dataset], plan.moving, plan.seeds))


def compared_predictions(wildcards):
    """The predictions in the table of moments."""
    runs = compared_runs(wildcards.dataset)
    return [f"{plan.run_of(*run)}/prediction.safetensors" for run in runs]


def fold_snapshots(wildcards):
    """The snapshots of every fold."""
    return [f"results/{fold}/snapshots.safetensors" for d in plan.datasets for fold in folds_of(d)]


def fold_metrics(wildcards):
    """The metrics of every model and baseline on every fold."""
    folds = [fold for dataset in plan.datasets for fold in folds_of(dataset)]
    runs = product(folds, plan.judged, plan.seeds)
    return [f"{plan.run_of(*run)}/metrics.csv" for run in runs]


def of_first_seed(pattern, **names):
    """A pattern with each of some names and the first seed."""
    return expand(pattern, **names, seed=plan.seeds[0], allow_missing=True)


def files_of_models(wildcards):
    """The files of every model with every seed, in the order of `plan.fitted`."""
    return [
        path.format(dataset=wildcards.dataset, seed=seed)
        for model, seed, _ in plan.fitted
        for path in plan.weights_of(model).values()
    ]
