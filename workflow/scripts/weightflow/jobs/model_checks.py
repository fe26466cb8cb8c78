"""All models of a data set held against it, by every job that may be the first to train something.

A rule of its own would have to be upstream of all training, and its output ancient there, so that a new model retrains
no other; but whenever such a rule runs again, Snakemake (9.27) plans none of the jobs behind it, missing ones included.
"""

from typing import Any

from weightflow.config.ablation_plan import models_on
from weightflow.config.data_checks import check_models
from weightflow.data.folds import fold_of
from weightflow.data.snapshots import MIN_SNAPSHOTS, Snapshots, check_begun
from weightflow.errors import InputError


def check_suited(data: Snapshots, snakemake: Any) -> None:
    """Refuse models, baselines and times of predictions that do not suit a job's data set, whatever the job is for.

    They come from the config, not from params: another model's settings must not run this job again.

    Args:
        data: the data set.
        snakemake: the job.

    Raises:
        InputError: naming the model, the fault and the fix.
    """
    dataset, config = snakemake.wildcards.dataset, snakemake.config
    asked = config["prediction"]["times"] or ()
    check_begun(asked, data, f"data set {dataset}: prediction.times")
    if config["evaluation"]["leave_one_out"] and fold_of(dataset)[1] is None and len(data.observed) < MIN_SNAPSHOTS + 1:
        raise InputError(
            f"data set {dataset}: {len(data.observed)} snapshots are observed, and each fold needs {MIN_SNAPSHOTS} of "
            "the others; set evaluation.leave_one_out to false."
        )
    check_models(data, models_on(dataset, config), config["baselines"], f"data set {dataset}", asked)
