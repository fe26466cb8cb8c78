"""Mean and standard deviation over seeds."""

from collections.abc import Sequence

import pandas as pd


def over_seeds(table: pd.DataFrame, keys: Sequence[str], count: str = "seeds") -> pd.DataFrame:
    """Mean over the rows of a seed, then mean and standard deviation over seeds.

    Args:
        table: the keys, seed, value.
        keys: columns that identify a quantity.
        count: name of the column with the number of seeds.

    Returns:
        Table of the keys, mean, std (ddof 1; empty for one seed) and the number of seeds, in the table's order.
    """
    per_seed = table.groupby([*keys, "seed"], sort=False)["value"].mean()
    groups = per_seed.groupby(list(keys), sort=False)
    return groups.agg(["mean", "std", "count"]).rename(columns={"count": count}).reset_index()
