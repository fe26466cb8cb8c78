"""The table of an ablation study: the metrics of a base model and of each change of it."""

from collections.abc import Sequence

import pandas as pd

from weightflow.errors import InputError
from weightflow.evaluation.ablation_level import Level

COLUMNS = ["dataset", "factor", "level", "base", "model", "metric", "times", "mean", "std", "n"]


def check_levels(levels: Sequence[Level]) -> None:
    """Refuse a study without levels.

    Raises:
        InputError: naming the key and the fix.
    """
    if not levels:
        raise InputError(
            "ablations.factors: has no levels to compare; name factors and their levels, as in config/ablations.yaml."
        )


def tabulate_ablations(summary: pd.DataFrame, levels: Sequence[Level]) -> pd.DataFrame:
    """The summary of the study's runs, with the factor and the level of each.

    Args:
        summary: dataset, model, metric, times, mean, std, n, from `score_tables.summarise`.
        levels: from `ablation_plan.ablation_levels`; several may share a model.

    Returns:
        Table with `COLUMNS`, data set by data set in the order of the levels.

    Raises:
        ValueError: the summary lacks a level's model.
    """
    missing = {level.model for level in levels} - set(summary["model"])
    if missing:
        raise ValueError(f"the summary has no model {min(missing)}, but {sorted(set(summary['model']))}")
    order = pd.DataFrame(levels, columns=list(Level._fields))
    parts = [order.merge(own, on="model", sort=False) for _, own in summary.groupby("dataset", sort=False)]
    return pd.concat(parts, ignore_index=True)[COLUMNS]
