"""Evaluation of auto-encoders of networks: the choice of β, sampling, and probes of their codes."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from weightflow import seeding
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.autoencoders.network import WeightAutoencoder, decode, encode
from weightflow.populations.classification import agreement
from weightflow.populations.evaluation import Judged, compare_reconstructed, judge
from weightflow.populations.metrics import UNSEEN, probe, relative_distance
from weightflow.populations.population import Population
from weightflow.populations.samplers import about_good
from weightflow.populations.tasks.task import Task

_ROUNDS = 2  # rounds of draws about good networks


def most_agreeing(structural: Sequence[float], scores: Sequence[pd.DataFrame]) -> dict[str, float]:
    """The weight of the structural loss of each reported auto-encoder.

    Args:
        structural: weights that were tried.
        scores: for each, `compare_reconstructed` of validation networks on validation examples.

    Returns:
        `structure`: 1, if it was tried; `behaviour`: the other weight with the highest agreement.
    """
    agreed = {
        weight: float(table.loc[table["metric"] == "agreement", "value"].iloc[0])
        for weight, table in zip(structural, scores, strict=True)
    }
    found = {"structure": 1.0} if 1 in agreed else {}
    if others := [weight for weight in agreed if weight != 1]:
        found["behaviour"] = max(others, key=agreed.__getitem__)
    return found


def draw_about_good(
    network: WeightAutoencoder,
    weights: np.ndarray,
    score: Callable[[np.ndarray], np.ndarray],
    count: int,
    seed: int,
    name: str,
) -> np.ndarray:
    """(count, P) networks decoded from draws about the codes of good networks, in two rounds.

    The first round draws about the best training networks, the second about the best networks of the first (Schürholt,
    Mahoney & Borth 2024), since decoding may degrade good networks.

    Args:
        network: the auto-encoder.
        weights: (N, P) its training networks.
        score: (n,) of networks (n, P), on validation data.
        count: of networks.
        seed: of the draws.
        name: of the auto-encoder, so that each has its own draws.
    """
    draws, codes = seeding.stream(seed, "about good", name), encode(network, weights)
    for _ in range(_ROUNDS):
        codes = about_good(codes, score(weights), count, draws)
        weights = decode(network, codes)
    return weights


def reconstruction_row(originals: Judged, made: Judged) -> dict[str, float]:
    """Accuracy of reconstructions, its share of the originals', agreement with them and distance from them.

    Args:
        originals: networks outside the training of the auto-encoder.
        made: their reconstructions, in the same order.
    """
    table = compare_reconstructed(originals, {"made": made})
    found = table[table["source"] == "made"].set_index("metric")["value"]
    named = {"accuracy": "accuracy_mean", "share": "share", "agreement": "agreement", "distance": "distance"}
    return {name: float(found[metric]) for name, metric in named.items()}


def decoded_networks(
    originals: Judged,
    made: Mapping[str, Judged],
    originals_raw: Judged,
    made_raw: Mapping[str, Judged],
    drawn: Mapping[str, Judged],
) -> pd.DataFrame:
    """Every original, reconstructed and drawn network.

    Args:
        originals: networks outside the training of the auto-encoder, aligned.
        made: their reconstructions by source.
        originals_raw: the same networks before alignment.
        made_raw: their reconstructions by source.
        drawn: new networks by source.

    Returns:
        Table source, kind (original, reconstructed, drawn), network, accuracy, agreement (of labels with the original)
        and distance (squared, in units of the variance); the last two of reconstructions only.
    """
    rows = [(UNSEEN, "original", i, own, np.nan, np.nan) for i, own in enumerate(originals.accuracy)]
    for goal, sources in ((originals, made), (originals_raw, made_raw)):
        for source, own in sources.items():
            far, same = relative_distance(goal.weights, own.weights), agreement(own.said, goal.said).numpy()
            found = zip(own.accuracy, same, far, strict=True)
            rows += [(source, "reconstructed", i, *values) for i, values in enumerate(found)]
    for source, own in drawn.items():
        rows += [(source, "drawn", i, value, np.nan, np.nan) for i, value in enumerate(own.accuracy)]
    return pd.DataFrame(rows, columns=["source", "kind", "network", "accuracy", "agreement", "distance"])


def properties_of(
    classifier: Classifier, task: Task, population: Population, device: torch.device
) -> dict[str, np.ndarray]:
    """Properties (N, E) of networks and checkpoints, as targets of probes.

    Accuracy on the test part, generalisation gap (training minus test accuracy), and epoch.
    """
    stages = [
        [judge(classifier, task, weights, part, device).accuracy for part in (task.training, task.test)]
        for weights in population.checkpoints.swapaxes(0, 1)
    ]
    training, test = np.array(stages).transpose(1, 2, 0)
    epochs = np.broadcast_to(population.epochs.astype(float), test.shape)
    found = {"accuracy": test, "gap": training - test}
    return found | ({"epoch": epochs} if len(population.epochs) > 1 else {})


def probe_codes(
    features: Mapping[str, np.ndarray], properties: Mapping[str, np.ndarray], learned: np.ndarray, unseen: np.ndarray
) -> pd.DataFrame:
    """How well linear regression predicts properties of unseen networks from their codes.

    Args:
        features: (N, E, z) by source.
        properties: (N, E) by name.
        learned: indices of the training networks.
        unseen: indices of the test networks.

    Returns:
        Table source, metric (probe_PROPERTY; with several checkpoints also probe_final_PROPERTY, for the last one only,
        since the epoch predicts much of the other properties), value (R²).
    """
    rows = []
    for source, codes in features.items():
        several = codes.shape[1] > 1
        for name, values in properties.items():
            parts = {f"probe_{name}": slice(None)}
            parts |= {f"probe_final_{name}": slice(-1, None)} if several and name != "epoch" else {}
            for metric, part in parts.items():
                own, goals = codes[:, part], values[:, part]
                rows.append((source, metric, probe(own[learned], goals[learned], own[unseen], goals[unseen])))
    return pd.DataFrame(rows, columns=["source", "metric", "value"])
