"""Answers to questions: probabilities of events against time, by models, by the data and by the exact law."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from weightflow.data.snapshots import Snapshots
from weightflow.laws.law import ExactLaw, TableLaw
from weightflow.prediction.estimate import Estimate
from weightflow.systems.events import Event

MOST_STATES = 20_000  # of a distribution whose sums are exact
DRAWS = 20_000  # for other sums: a standard error of at most 0.0036
FEW = 40  # times of the data from which they show a curve
POINTS = 81  # evenly spaced times, if the data have fewer
LEVEL = 0.95  # of the intervals
_WIDTH = 1.96  # standard errors on either side
DATA, LAW, MODEL = "data", "exact law", "model"
COLUMNS = ["question", "event", "source", "model", "seed", "time", "observed", "probability", "low", "high", "states"]


class AtOneTime(Protocol):
    """The distribution of a model at one time."""

    def probability(self, event: Event, time: float, values: Callable[[np.ndarray], np.ndarray]) -> Estimate:
        """Probability of an event of values (n, d) of states (n, d)."""


class Answering(Protocol):
    """A fitted model (`fitted.FittedModel`, which figures cannot import, as it loads torch)."""

    @property
    def name(self) -> str:
        """Of the model."""

    @property
    def seed(self) -> int:
        """Of the fit."""

    def along(self, times: np.ndarray, most_states: int, draws: int) -> Iterable[AtOneTime]:
        """The distributions at times (T,)."""


def answer_questions(
    events: Mapping[str, Event], data: Snapshots, law: ExactLaw | None, models: Iterable[Answering]
) -> pd.DataFrame:
    """Probabilities of events from the first snapshot on, at the times of the data; by models also between them.

    Args:
        events: of the data's variables (in the units of the file, unless they are principal components), by question.
        data: the data set.
        law: its exact law; None if it is unknown.
        models: fitted to it.

    Returns:
        Table with `COLUMNS`. `low` and `high` are the ends of a 95 % interval: of the frequency among the data's states
        (Wilson), and of what is estimated from draws. Missing values: model and seed of data and law, states of models
        and law.
    """
    rows = [*_of_data(events, data)]
    if law is not None:
        rows += _of_law(events, data, law)
    for model in models:
        rows += _of_model(events, data, model)
    return pd.DataFrame(rows, columns=COLUMNS).astype({"seed": "Int64", "states": "Int64"})


def _of_data(events: Mapping[str, Event], data: Snapshots) -> Iterable[list]:
    for t, time in enumerate(data.times):
        states = data.states_at(t)
        if not len(states):
            continue
        values = data.values(states)
        for name, event in events.items():
            hits = int(np.broadcast_to(event.holds(values, float(time)), len(states)).sum())
            interval = binomtest(hits, len(states)).proportion_ci(LEVEL, "wilson")
            probability = hits / len(states)
            found = [float(time), bool(data.is_observed[t]), probability, interval.low, interval.high, len(states)]
            yield [name, event.text, DATA, None, None, *found]


def _of_law(events: Mapping[str, Event], data: Snapshots, law: ExactLaw) -> Iterable[list]:
    """Where the law covers the event's variables."""
    covered = law.variables.tolist()
    for name, event in events.items():
        if not set(event.variables) <= set(covered):
            continue
        for t, time in enumerate(data.times):
            found = _law_probability(event, law, t, float(time), len(data.variables))
            yield [name, event.text, LAW, None, None, float(time), bool(data.is_observed[t]), *_interval(found), None]


def _law_probability(event: Event, law: ExactLaw, t: int, time: float, variables: int) -> Estimate:
    """Exact, but for events of real values and of several variables of a Poisson law, which are drawn from."""
    if len(event.variables) == 1 and law.levels:
        masses = law.marginals(t, law.levels)[law.variables.tolist().index(event.variables[0])]
        return Estimate(float(masses @ event.of_count(law.levels, variables, time)))
    known, weights = law.weighted(t)
    states = np.zeros((len(known), variables))
    states[:, law.variables] = known
    found = float(weights @ np.broadcast_to(event.holds(states, time), len(states)))
    return Estimate(found) if isinstance(law, TableLaw) else Estimate.of_share(found, len(states))


def _of_model(events: Mapping[str, Event], data: Snapshots, model: Answering) -> Iterable[list]:
    times = answered_times(data)
    observed = np.isin(times, data.observed_times)
    for time, seen, density in zip(times, observed, model.along(times, MOST_STATES, DRAWS), strict=True):
        for name, event in events.items():
            found = _interval(density.probability(event, float(time), data.values))
            yield [name, event.text, MODEL, model.name, model.seed, float(time), bool(seen), *found, None]


def answered_times(data: Snapshots) -> np.ndarray:
    """Times of the data from the first snapshot on; if they are few, with evenly spaced ones to the last snapshot."""
    first, last = data.observed_times[0], data.observed_times[-1]
    own = data.times[data.times >= first]
    return own if len(own) >= FEW else np.unique(np.concatenate([own, np.linspace(first, last, POINTS)]))


def _interval(found: Estimate) -> tuple[float, float, float]:
    """A probability, and the ends of its 95 % interval."""
    away = found.error if float(found) in (0.0, 1.0) else _WIDTH * found.error  # a bound, or a standard error
    return float(found), max(0.0, found - away), min(1.0, found + away)
