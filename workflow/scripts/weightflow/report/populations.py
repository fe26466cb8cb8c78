"""Sections of the report about populations: trained, generated and reconstructed networks."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import pandas as pd

from weightflow.errors import shown
from weightflow.populations.autoencoders.source_names import BEHAVIOUR, STRUCTURE, parts_of
from weightflow.populations.metrics import LEARNED, OF_TUNED, TUNED
from weightflow.populations.registry import NORM_SOURCES
from weightflow.report.tables import MISSING, rounded
from weightflow.settings import Plain

_LISTED = 12  # most labels of a population
_QUALITY = {
    "accuracy_mean": "mean accuracy on the test part",
    "accuracy_deviation": "standard deviation of the accuracy over networks",
    "accuracy_least": "accuracy of the worst network",
    "accuracy_largest": "accuracy of the best network",
    "loss": "mean cross-entropy on the test part, nats per label",
}
_OF_ALL = _QUALITY | {"ensemble": "accuracy of all networks of the source together: of the mean of their softmax"}
_GENERATED = _OF_ALL | {
    "nearest": "mean distance from the nearest trained network (of trained networks: the nearest other one), in units "
    "of the mean distance between two trained networks of the same layout; copies have 0",
    "spread": "mean distance between two networks of the source, in the same unit; 0 if all are equal",
    "disagreement": "share of test examples that two networks of the source label differently, mean over pairs; 0 if "
    "all have the same labels",
    "overlap": "mean over networks that err of the largest intersection over union of their wrong labels with those of "
    "a trained network; copies have 1",
}
_RECONSTRUCTED = _QUALITY | {
    "share": "mean accuracy as a share of the originals' mean accuracy",
    "agreement": "share of test examples with the same label from reconstruction and original",
    "distance": "mean squared distance from the original, in units of the population's variance",
    "structural": "β, the weight of the structural loss: 1 (no behavioural loss), or the value below 1 with the best "
    "agreement of decoded and original networks of the validation part",
}
_PROBES = {
    "probe_accuracy": "R² of a linear regression of the accuracy on the test part on weights or codes, over all "
    "checkpoints of unseen networks",
    "probe_gap": "R² for the generalisation gap, training less test accuracy",
    "probe_epoch": "R² for the epoch",
    "probe_learning_rate": "R² for the logarithm of the learning rate",
    "probe_weight_decay": "R² for the logarithm of the weight decay, or the weight decay if some networks have none",
    "probe_initialisation": "share of unseen networks, with all checkpoints, whose initialisation a linear classifier "
    "finds",
    "probe_final_accuracy": "R² for the accuracy, over the last checkpoints only",
    "probe_final_gap": "R² for the generalisation gap, over the last checkpoints only",
    "probe_final_learning_rate": "R² for the learning rate, over the last checkpoints only",
    "probe_final_weight_decay": "R² for the weight decay, over the last checkpoints only",
    "probe_final_initialisation": "share of unseen networks whose initialisation is found from the last checkpoint",
}
_ERROR = "error_"  # with the name of a layer, a metric
_ERRORS = {
    STRUCTURE: "squared error of the reconstructed weights of a layer, in units of the variance of these weights: the "
    "auto-encoder without the behavioural loss; 1 is as good as the mean network",
    BEHAVIOUR: "mean squared error of the weights decoded by the auto-encoder with the behavioural loss, in the same "
    "units",
}
_DECODED = {
    "accuracy": "mean accuracy of the reconstructions on the test part",
    "share": _RECONSTRUCTED["share"],
    "agreement": _RECONSTRUCTED["agreement"],
    "distance": _RECONSTRUCTED["distance"],
}
_ZOOS = {
    "accuracy_originals": "mean accuracy of the originals on the test part of their own task",
} | _DECODED
_SETTINGS_OF_VARIANTS = {
    "changes": "settings that differ from those of base",
}
_VARIANTS = {"seconds": "seconds of the fit"} | _DECODED
_TUNED = _OF_ALL | {
    "steps_to": "optimisation steps to an accuracy of {goal} on validation examples, the median of the "
    "networks; – if more than half of them never reach it; the same for all epochs",
}
TITLES = {
    "generated": "Generated networks and the generators' training networks",
    "reconstructed": "Reconstructions of unseen networks",
    "drawn": "Networks drawn around codes of accurate networks, and the auto-encoders' training networks",
    "errors": "Errors of reconstructed weights by layer",
    "zoos": "Reconstructions of networks by population",
    "variants": "Variants of the auto-encoder, on unseen networks",
    "probes": "Linear regressions and classifiers on weights and codes",
    "tuned": "Networks after fine-tuning",
}


def population_section(
    name: str,
    settings: Plain,
    summary: pd.DataFrame,
    runtime: pd.DataFrame,
    examples: Plain | None = None,
    transfer: pd.DataFrame | None = None,
    zoos: pd.DataFrame | None = None,
    variants: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """The template's values for one population.

    Args:
        name: of the population.
        settings: complete.
        summary: population, layout, source, metric, mean, std, seeds.
        runtime: population, stage, seed, seconds, max_rss_mb.
        examples: the checked facts about a user's own examples; None for a named task.
        transfer: population, seed, and the columns of `populations.transfer`; None without fine-tuning.
        zoos: population, seed, zoo, trained (whether the auto-encoder was trained on it), source, and measures of the
            reconstructions; None without other populations.
        variants: population, seed, variant, structural (β), settings and measures; None without variants.
    """
    own = summary[summary["population"] == name]
    made = own[own["layout"] != "reconstructed"]
    coded = own[own["layout"] == "reconstructed"]
    read = coded[coded["metric"].isin(_PROBES)]
    errors = coded[coded["metric"].str.startswith(_ERROR)]
    whole = coded.drop(read.index).drop(errors.index)
    is_drawn = (whole["source"] == LEARNED) | whole["source"].map(lambda source: parts_of(source).is_drawn).astype(bool)
    tables = [
        _table("generated", _GENERATED, made),
        _table("reconstructed", _RECONSTRUCTED, whole[~is_drawn]),
        _errors(errors),
        _table("drawn", _GENERATED, whole[is_drawn]),
        _table("probes", _PROBES, read),
    ]
    if zoos is not None:
        tables.append(_of_zoos(zoos[zoos["population"] == name]))
    if variants is not None:
        tables.append(_of_variants(variants[variants["population"] == name]))
    if transfer is not None:
        tables.append(_tuned(transfer[transfer["population"] == name], settings["transfer"]["goal"]))
    return {
        "name": name,
        "anchor": f"population-{name}",
        "facts": {
            **(_facts_of(examples) if examples else {"task": settings["task"]}),
            **_networks(settings),
            **_norms(settings["norms"], made["source"]),
            "seconds of a seed": _seconds(runtime[runtime["population"] == name]),
        },
        "tables": [table for table in tables if table["rows"]],
    }


def _networks(settings: Plain) -> dict[str, str]:
    """Architecture and origin of the networks."""
    own, training = settings["networks"], settings["training"]
    if not own["files"]:
        networks = f"{training['networks']}, {training['epochs']} epochs each"
        return {"architecture": settings["architecture"]["kind"], "networks": networks}
    files = own["files"] if isinstance(own["files"], str) else f"{len(own['files'])} files"
    return {"architecture": own["module"] or "recognised by its shapes", "networks": f"loaded from {files}"}


def _norms(norms: Sequence[str], sources: pd.Series) -> dict[str, str]:
    """The origins of new networks' batch norms that are not the default, as some rows name them."""
    labels = {known.label: known.description for known in map(NORM_SOURCES.__getitem__, norms) if known.label}
    return {label: told for label, told in labels.items() if sources.str.endswith(f"({label})").any()}


def _facts_of(examples: Plain) -> dict[str, str]:
    """File, number and labels of a user's own examples."""
    counts = examples["labels"]
    number = f"{sum(counts.values())}" + (f", and {examples['test']} of the test part" if examples["test"] else "")
    labels = [f"{shown(label)} ({count})" for label, count in counts.items()]
    more = f" and {len(labels) - _LISTED} more" if len(labels) > _LISTED else ""
    return {
        "task": f"examples of {examples['source']}",
        "examples": number,
        "labels": ", ".join(labels[:_LISTED]) + more,
    }


def _seconds(runtime: pd.DataFrame) -> str:
    """Mean seconds over seeds of each stage, with the start of its job, as text."""
    means = runtime.groupby("stage", sort=False)["seconds"].mean()
    return "; ".join(f"{stage}: {seconds:.0f}" for stage, seconds in means.items())


def _table(kind: str, meanings: Mapping[str, str], part: pd.DataFrame) -> dict[str, Any]:
    """One row for each layout and source, in the order of the summary, and a column for each metric of the part."""
    found = {(row.layout, row.source, row.metric): (row.mean, row.std) for row in part.itertuples()}
    shown = {metric: meaning for metric, meaning in meanings.items() if metric in set(part["metric"])}
    return {
        "title": TITLES[kind],
        "metrics": list(shown),
        "rows": [
            {
                "label": f"{source}, {layout}" if kind == "generated" else source,
                "cells": [_cell(*found.get((layout, source, metric), (nan, nan))) for metric in shown],
            }
            for layout, source in dict.fromkeys(zip(part["layout"], part["source"], strict=True))
        ],
        "meanings": shown,
    }


def _errors(part: pd.DataFrame) -> dict[str, Any]:
    """One row for each layer, and a column for each source."""
    found = {(row.metric, row.source): (row.mean, row.std) for row in part.itertuples()}
    meanings = {source: _ERRORS[parts_of(source).autoencoder] for source in dict.fromkeys(part["source"])}
    rows = [
        {
            "label": metric.removeprefix(_ERROR),
            "cells": [_cell(*found.get((metric, source), (nan, nan))) for source in meanings],
        }
        for metric in dict.fromkeys(part["metric"])
    ]
    return {"title": TITLES["errors"], "metrics": list(meanings), "rows": rows, "meanings": meanings}


def _of_zoos(table: pd.DataFrame) -> dict[str, Any]:
    """One row for each other population and auto-encoder."""
    rows = []
    for (zoo, trained, source), own in table.groupby(["zoo", "trained", "source"], sort=False):
        label = f"{zoo}, {'trained on' if trained else 'unfamiliar'}, {own['networks'].iloc[0]} networks: {source}"
        rows.append({"label": label, "cells": _measured(own, _ZOOS)})
    return {"title": TITLES["zoos"], "metrics": list(_ZOOS), "rows": rows, "meanings": _ZOOS}


def _of_variants(table: pd.DataFrame) -> dict[str, Any]:
    """One row for each variant and weight of the structural loss."""
    rows = []
    for (variant, structural), own in table.groupby(["variant", "structural"], sort=False):
        settings = [
            {"mean": str(own[key].fillna("").iloc[0]), "spread": "", "best": False} for key in _SETTINGS_OF_VARIANTS
        ]
        rows.append({"label": f"{variant}, β = {structural:g}", "cells": [*settings, *_measured(own, _VARIANTS)]})
    meanings = _SETTINGS_OF_VARIANTS | _VARIANTS
    return {"title": TITLES["variants"], "metrics": list(meanings), "rows": rows, "meanings": meanings}


def _measured(own: pd.DataFrame, meanings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Cells of the measures of a table with a row for each seed."""
    return [_cell(own[metric].mean(), own[metric].std()) for metric in meanings]


def _tuned(table: pd.DataFrame, goal: float) -> dict[str, Any]:
    """One row for each task, source and number of epochs."""
    means = table.groupby(["task", *TUNED], sort=False)[OF_TUNED].agg(["mean", "std"])
    rows = []
    for (task, frozen, source, epochs), found in means.iterrows():
        label = f"{task}: {source}, {epochs} epochs" + (", last layer only" if frozen else "")
        rows.append(
            {"label": label, "cells": [_cell(found[metric, "mean"], found[metric, "std"]) for metric in _TUNED]}
        )
    meanings = {metric: meaning.format(goal=f"{100 * goal:g} %") for metric, meaning in _TUNED.items()}
    return {"title": TITLES["tuned"], "metrics": list(_TUNED), "rows": rows, "meanings": meanings}


def _cell(mean: float, std: float) -> dict[str, Any]:
    """A cell of the template: mean and standard deviation over seeds."""
    if mean != mean:
        return {"mean": MISSING, "spread": "", "best": False}
    text, spread = rounded(mean, std)
    return {"mean": text, "spread": spread, "best": False}
