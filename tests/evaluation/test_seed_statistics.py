"""Mean and standard deviation over seeds."""

import numpy as np
import pandas as pd
import pytest

from weightflow.evaluation.seed_statistics import over_seeds


def test_rows_of_a_seed_are_averaged_first():
    rows = [("b", 0, 1.0), ("b", 0, 3.0), ("b", 1, 5.0), ("a", 0, 7.0)]
    found = over_seeds(pd.DataFrame(rows, columns=["model", "seed", "value"]), ["model"])
    assert list(found.columns) == ["model", "mean", "std", "seeds"]
    assert found.iloc[0].tolist() == ["b", 3.5, pytest.approx(np.sqrt(4.5)), 2]
    assert found.iloc[1][["model", "mean", "seeds"]].tolist() == ["a", 7.0, 1]
    assert np.isnan(found.iloc[1]["std"])


@pytest.mark.parametrize("dtype", [object, float])
def test_a_table_without_rows_has_a_summary_without_rows(dtype):
    found = over_seeds(pd.DataFrame(columns=["model", "seed", "value"], dtype=dtype), ["model"], "n")
    assert list(found.columns) == ["model", "mean", "std", "n"]
    assert found.empty
