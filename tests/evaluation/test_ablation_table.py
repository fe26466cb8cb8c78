"""The table of the ablation study against the summary it is made from."""

import numpy as np
import pandas as pd
import pytest

from weightflow.errors import InputError
from weightflow.evaluation.ablation_level import Level
from weightflow.evaluation.ablation_table import COLUMNS, check_levels, tabulate_ablations
from weightflow.evaluation.score_tables import summarise

LEVELS = [
    Level("base", "ode", "ode", "ode"),
    Level("alignment", "pooled", "ode", "alignment-pooled"),
    Level("alignment", "sequential", "ode", "ode"),
    Level("steps", "few", "ode", "steps-few"),
    Level("steps", "many", "ode", "steps-many"),
]


def metrics(models, datasets=("one", "two")) -> pd.DataFrame:
    """Two seeds, times 0 (observed), 1, 2 and 3 (observed); the value tells data set, model, seed and time."""
    rows = [
        (dataset, model, seed, time, time in (0, 3), False, "nll", 1000 * d + 100 * m + 10 * seed + time)
        for d, dataset in enumerate(datasets)
        for m, model in enumerate(models)
        for seed in (0, 1)
        for time in range(4)
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "seed", "time", "seen", "extrapolated", "metric", "value"])


def test_every_level_has_its_models_rows():
    levels = LEVELS
    models = list(dict.fromkeys(model for *_, model in levels))
    table = tabulate_ablations(summarise(metrics(models)), levels)
    assert list(table.columns) == COLUMNS
    unseen = table[(table["times"] == "unseen") & (table["dataset"] == "two")].set_index("level")
    assert list(unseen.index) == ["ode", "pooled", "sequential", "few", "many"]
    assert list(unseen["factor"]) == ["base", "alignment", "alignment", "steps", "steps"]
    np.testing.assert_allclose(unseen["mean"], [1006.5, 1106.5, 1006.5, 1206.5, 1306.5])
    np.testing.assert_allclose(unseen["std"], np.std([0, 10], ddof=1))
    assert set(unseen["n"]) == {2}


def test_a_model_that_was_not_run_is_missed():
    with pytest.raises(ValueError, match="no model alignment-pooled"):
        tabulate_ablations(summarise(metrics(["ode"])), LEVELS)


def test_a_study_without_levels_is_refused():
    with pytest.raises(InputError, match=r"ablations\.factors: has no levels to compare"):
        check_levels([])
