"""Published results of other methods on the same systems, and this run's beside them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

COLUMNS = ["dataset", "system", "method", "origin", "w_mean", "w_std", "jsd_mean", "jsd_std", "n"]
PUBLISHED, OWN = ("published", "this run")
_METRICS = {"w_marginal": "w", "jsd_marginal": "jsd"}


def read_published(path: str | Path) -> pd.DataFrame:
    """Table system, method, metric [w_marginal|jsd_marginal|w1_joint|mmd], mean, std (empty if unknown)."""
    return pd.read_csv(path, comment="#")


def beside_published(
    published: pd.DataFrame, summary: pd.DataFrame, systems: Mapping[str, str], runs: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Published methods and this run's models, baselines and floors, data set by data set.

    Args:
        published: from `read_published`.
        summary: dataset, model, metric, times, mean, std, n, from `score_tables.summarise`; all times count, as they do
            in the published table.
        systems: of each data set; data sets without published results are left out.
        runs: of each data set, in the order of the table.

    Returns:
        Table with `COLUMNS`: means and standard deviations of W and of the Jensen–Shannon divergence of the marginals,
        over n seeds (empty if unknown).
    """
    everywhere = summary[summary["times"] == "all"]
    parts = [pd.DataFrame(columns=COLUMNS)]
    for dataset, system in systems.items():
        theirs = published[published["system"] == system].rename(columns={"method": "model"})
        if theirs.empty:
            continue
        ours = everywhere[everywhere["dataset"] == dataset]
        for origin, table, methods in (
            (PUBLISHED, theirs.assign(n=float("nan")), list(dict.fromkeys(theirs["model"]))),
            (OWN, ours, [run for run in runs[dataset] if run in set(ours["model"])]),
        ):
            found = pd.DataFrame({"dataset": dataset, "system": system, "method": methods, "origin": origin})
            for metric, short in _METRICS.items():
                own = table[table["metric"] == metric].set_index("model").reindex(methods)
                found[f"{short}_mean"], found[f"{short}_std"] = own["mean"].to_numpy(), own["std"].to_numpy()
                found["n"] = own["n"].to_numpy()
            parts.append(found[COLUMNS])
    return pd.concat(parts[1:], ignore_index=True) if len(parts) > 1 else parts[0]
