"""Networks drawn from kernel densities about the codes of good networks (Schürholt et al. 2022; 2024)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from weightflow.populations.autoencoders.registry import DRAWINGS
from weightflow.populations.autoencoders.settings import DrawingSettings


@dataclass(frozen=True)
class Codes:
    """Codes of networks, and what is needed to judge others.

    Attributes:
        latent: (N, z) codes of the training networks of an auto-encoder.
        scores: (N,) of these networks on validation data; higher is better.
        decode: from codes (n, z) to networks (n, P).
        score: from networks (n, P) to their scores (n,) on validation data.
    """

    latent: np.ndarray
    scores: np.ndarray
    decode: Callable[[np.ndarray], np.ndarray]
    score: Callable[[np.ndarray], np.ndarray]


class Drawn(NamedTuple):
    """Drawn networks.

    Attributes:
        weights: (count, P).
        below: number of them below the threshold; 0 without one.
    """

    weights: np.ndarray
    below: int


def draw_networks(method: str, codes: Codes, count: int, settings: DrawingSettings, rng: np.random.Generator) -> Drawn:
    """Networks that reach the threshold of the settings, as far as they are found.

    They are drawn `count` at a time, until so many reach it. After `tries` draws, the best of the others fill the rest.

    Args:
        method: a name of `DRAWINGS`.
        codes: of networks.
        count: of networks.
        settings: of the method; `threshold` and `tries`.
        rng: for all draws.
    """
    draw, threshold = DRAWINGS[method].draw.load(), settings.threshold
    if threshold is None:
        return Drawn(draw(codes, count, settings, rng), 0)

    def passing(made: np.ndarray) -> np.ndarray:
        return np.minimum(codes.score(made), threshold)  # all that reach it are equal, so the first of them are kept

    weights, scores = _best_of(lambda: draw(codes, count, settings, rng), passing, count, settings.tries, threshold)
    return Drawn(weights, int((scores < threshold).sum()))


def plain(codes: Codes, count: int, settings: DrawingSettings, rng: np.random.Generator) -> np.ndarray:
    """(count, P) networks decoded from draws about the codes of the best networks.

    Args:
        codes: of networks.
        count: of draws.
        settings: `good` and `bandwidth`.
        rng: for all draws.
    """
    return codes.decode(about_good(codes.latent, codes.scores, count, settings, rng))


def subsampled(codes: Codes, count: int, settings: DrawingSettings, rng: np.random.Generator) -> np.ndarray:
    """(count, P): the best of `candidates` · count networks drawn as in `plain`.

    They are drawn count at a time, since all candidates may need much memory. Arguments as for `plain`.
    """
    return _best_of(lambda: plain(codes, count, settings, rng), codes.score, count, settings.candidates)[0]


def bootstrapped(codes: Codes, count: int, settings: DrawingSettings, rng: np.random.Generator) -> np.ndarray:
    """(count, P) networks of the last of several rounds, each about the best networks of the one before.

    The first round draws about the best training networks. Decoding may degrade networks; later rounds leave these out
    (Schürholt, Mahoney & Borth 2024). Arguments as for `plain`, with `rounds` of the settings.
    """
    latent, scores = codes.latent, codes.scores
    for _ in range(settings.rounds - 1):
        latent = about_good(latent, scores, count, settings, rng)
        scores = codes.score(codes.decode(latent))
    return codes.decode(about_good(latent, scores, count, settings, rng))


def about_good(
    latent: np.ndarray, scores: np.ndarray, count: int, settings: DrawingSettings, rng: np.random.Generator
) -> np.ndarray:
    """(count, z) draws of kernel densities about the latent vectors (N, z) of the best networks.

    Coordinates are treated as independent (Schürholt et al. 2022).

    Args:
        latent: (N, z) of the networks.
        scores: (N,) of the networks on validation data.
        count: of draws.
        settings: `good`, the share of the networks that are the best, at least two; `bandwidth`, in units of Scott's
            rule.
        rng: for all draws.
    """
    best = latent[np.argsort(-scores, kind="stable")[: max(2, round(settings.good * len(scores)))]]
    chosen = np.take_along_axis(best, rng.integers(len(best), size=(count, latent.shape[1])), axis=0)
    bandwidth = settings.bandwidth * len(best) ** (-1 / 5) * best.std(0)
    return chosen + bandwidth * rng.standard_normal(chosen.shape)


def _best_of(
    draw: Callable[[], np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    count: int,
    draws: int,
    enough: float = np.inf,
) -> tuple[np.ndarray, np.ndarray]:
    """The best (count, P) networks of several draws and their scores, of equal ones the first.

    Args:
        draw: gives count networks.
        score: (n,) of networks (n, P).
        count: of networks that are kept.
        draws: largest number of draws.
        enough: score; no more is drawn once all that are kept have it.
    """
    weights = draw()
    scores = score(weights)
    for _ in range(draws - 1):
        if scores.min() >= enough:
            break
        made = draw()
        weights, scores = np.concatenate([weights, made]), np.concatenate([scores, score(made)])
        best = np.argsort(-scores, kind="stable")[:count]
        weights, scores = weights[best], scores[best]
    return weights, scores
