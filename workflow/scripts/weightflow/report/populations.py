"""The report's sections about populations: what trained, generated and reconstructed networks are worth; and bands."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from weightflow.populations.metrics import LEARNED
from weightflow.report.tables import MISSING, rounded
from weightflow.settings import Plain

_QUALITY = {
    "accuracy_mean": "mean accuracy on the test part",
    "accuracy_deviation": "standard deviation from network to network",
    "accuracy_least": "of the worst network",
    "accuracy_largest": "of the best network",
    "loss": "mean cross-entropy on the test part, nats per label",
}
_GENERATED = _QUALITY | {
    "nearest": "mean distance from the nearest trained network (of these: the nearest other), in units of the mean "
    "distance between two of them; copies have 0",
    "spread": "mean distance between two networks of the source, in the same unit; 0 if all are one",
    "overlap": "mean of the largest intersection over union of a network's wrong labels with a trained one's; copies "
    "have 1",
}
_RECONSTRUCTED = _QUALITY | {
    "share": "mean accuracy as a share of the originals'",
    "agreement": "share of test examples that reconstruction and original give the same label",
    "distance": "mean squared distance from the original, in units of the population's variance",
    "structural": "β, the weight of the structural loss: 1 is structure alone, and of the others that whose decoded "
    "validation networks agree most with their originals",
}
_PROBES = {
    "probe_accuracy": "R² of a line from weights or codes to the accuracy on the test part, over all checkpoints of "
    "unseen networks",
    "probe_gap": "the same to the generalisation gap, training less test accuracy",
    "probe_epoch": "the same to the epoch",
    "probe_final_accuracy": "R² to the accuracy of finished networks alone",
    "probe_final_gap": "the same to their generalisation gap",
}
BAND_MEANINGS = {
    "present_unseen": "share of the counts' true probabilities that lie in their bands, of counts that truly have at "
    "least 0.001, at times that nothing was observed at",
    "present_observed": "the same at the times of the snapshots",
    "coverage_unseen": "share of all counts that the truth or the upper end of the band gives at least 0.001, so also "
    "of those that the truth all but excludes, which no softmax does; at times that nothing was observed at",
    "coverage_observed": "the same at the times of the snapshots",
    "width_unseen": "mean width of these bands, at times that nothing was observed at",
    "width_observed": "the same at the times of the snapshots",
}
TITLES = {
    "generated": "Generated networks, and those that their generators learned from",
    "reconstructed": "Reconstructions of networks that nothing saw",
    "drawn": "Networks drawn about the codes of good ones, and those that the auto-encoders learned",
    "probes": "What lines read off weights and codes",
}


def population_section(name: str, settings: Plain, summary: pd.DataFrame, runtime: pd.DataFrame) -> dict[str, Any]:
    """What the template lays out about one population.

    Args:
        name: of the population.
        settings: complete.
        summary: population, layout, source, metric, mean, std, seeds.
        runtime: population, stage, seed, seconds, max_rss_mb.
    """
    own = summary[summary["population"] == name]
    training, architecture = settings["training"], settings["architecture"]
    made = own[own["layout"] != "reconstructed"]
    coded = own[own["layout"] == "reconstructed"]
    drawn = coded[coded["source"].str.endswith(", drawn") | (coded["source"] == LEARNED)]
    read = coded[coded["metric"].isin(_PROBES)]
    rest = coded.drop(drawn.index).drop(read.index)
    tables = [
        _table("generated", _GENERATED, made),
        _table("reconstructed", _RECONSTRUCTED, rest),
        _table("drawn", _GENERATED, drawn),
        _table("probes", _PROBES, read),
    ]
    return {
        "name": name,
        "anchor": f"population-{name}",
        "facts": {
            "task": settings["task"],
            "architecture": architecture["kind"],
            "networks": f"{training['networks']}, {training['epochs']} epochs each",
            "seconds of a seed": _seconds(runtime[runtime["population"] == name]),
        },
        "tables": [table for table in tables if table["rows"]],
    }


def _seconds(runtime: pd.DataFrame) -> str:
    """Mean over seeds of each stage, with the start of its job."""
    means = runtime.groupby("stage", sort=False)["seconds"].mean()
    return "; ".join(f"{stage}: {seconds:.0f}" for stage, seconds in means.items())


def band_section(name: str, settings: Plain, summary: pd.DataFrame, runtime: pd.DataFrame) -> dict[str, Any]:
    """What the template lays out about the bands of one data set.

    Args:
        name: of the data set.
        settings: of its bands, complete.
        summary: dataset, metric, mean, std, seeds; nothing of data sets whose truth is unknown.
        runtime: population ("bands of" the data set), stage, seed, seconds, max_rss_mb.
    """
    found = {row.metric: row for row in summary[summary["dataset"] == name].itertuples()}
    return {
        "name": name,
        "anchor": f"bands-{name}",
        "facts": {
            "ensemble": f"{settings['members']} networks for each snapshot",
            "bands": f"{settings['level']:.0%} of {settings['networks']} networks at each time".replace("%", " %"),
            "seconds of a seed": _seconds(runtime[runtime["population"] == f"bands of {name}"]),
        },
        "rows": [(metric, _cell(found[metric]), text) for metric, text in BAND_MEANINGS.items() if metric in found],
    }


def _table(kind: str, meanings: Mapping[str, str], part: pd.DataFrame) -> dict[str, Any]:
    """One row for each layout and source, in the order of the summary, and a column for each metric that is there."""
    found = {(row.layout, row.source, row.metric): row for row in part.itertuples()}
    shown = {metric: meaning for metric, meaning in meanings.items() if metric in set(part["metric"])}
    return {
        "title": TITLES[kind],
        "metrics": list(shown),
        "rows": [
            {
                "label": f"{source}, {layout}" if kind == "generated" else source,
                "cells": [_cell(found.get((layout, source, metric))) for metric in shown],
            }
            for layout, source in dict.fromkeys(zip(part["layout"], part["source"], strict=True))
        ],
        "meanings": shown,
    }


def _cell(row: Any) -> dict[str, Any]:
    """A cell of the template's: mean and standard deviation over seeds."""
    if row is None or row.mean != row.mean:  # not there, or of nothing
        return {"mean": MISSING, "spread": "", "best": False}
    mean, spread = rounded(row.mean, row.std)
    return {"mean": mean, "spread": spread, "best": False}
