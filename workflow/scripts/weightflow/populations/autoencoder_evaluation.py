"""What an auto-encoder of networks is worth: which is reported, what it draws, and what can be read off its codes."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from weightflow import seeding
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.autoencoder import WeightAutoencoder, decode, encode
from weightflow.populations.evaluation import judge
from weightflow.populations.metrics import probe
from weightflow.populations.population import Population
from weightflow.populations.samplers import about_good
from weightflow.populations.tasks.task import Task

_ROUNDS = 2  # of draws about good networks


def most_agreeing(structural: Sequence[float], scores: Sequence[pd.DataFrame]) -> dict[str, float]:
    """The weight of the structural loss of each auto-encoder that is reported.

    Args:
        structural: weights that were tried.
        scores: for each, `compare_reconstructed` of validation networks on validation examples.

    Returns:
        `structure`: 1, where it was tried; `behaviour`: of the others that of most agreement.
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
    """(count, P) networks decoded from codes drawn about those of good networks, bootstrapped.

    The first are drawn about the best that the auto-encoder learned, the next about the best of these (Schürholt,
    Mahoney & Borth 2024): decoding may spoil what was good.

    Args:
        network: the auto-encoder.
        weights: (N, P) networks that it learned.
        score: (n,) of networks (n, P), on validation data.
        count: of networks.
        seed: of the draws.
        name: of the auto-encoder, so that each has draws of its own.
    """
    draws, codes = seeding.stream(seed, "about good", name), encode(network, weights)
    for _ in range(_ROUNDS):
        codes = about_good(codes, score(weights), count, draws)
        weights = decode(network, codes)
    return weights


def properties_of(
    classifier: Classifier, task: Task, population: Population, device: torch.device
) -> dict[str, np.ndarray]:
    """What may be read off a network's weights, (N, E) each of its checkpoints.

    Accuracy on the test part, generalisation gap (accuracy on the training part less that), and epoch.
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
    """How well properties of unseen networks are read off their codes by a line.

    Args:
        features: (N, E, z) by what gives them.
        properties: (N, E) by name.
        learned: networks that the lines are fitted to.
        unseen: networks that they are judged on.

    Returns:
        Table source, metric (probe_ and the property; probe_final_ and it, of the last checkpoint alone, where there
        are several: the epoch alone tells much of the others), value (R²).
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
