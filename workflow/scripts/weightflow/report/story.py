"""What a data set's system does and how far to trust the model, in plain words with numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from weightflow.bands.coverage import LEAST, OBSERVED
from weightflow.bands.coverage import UNSEEN as BETWEEN
from weightflow.data.snapshots import Snapshots
from weightflow.dynamics.weight_spline import taught_until
from weightflow.errors import number
from weightflow.evaluation.calibration import COVERAGES
from weightflow.evaluation.trust import LEFT_OUT, LEVEL, PAST, SEEN, UNSEEN, WORSE, Trust, Verdict
from weightflow.prediction.answers import DATA, LAW, MODEL
from weightflow.prediction.motion import LEVELS, Motion
from weightflow.teaching.registry import MEMBERS
from weightflow.teaching.teachers import Parts
from weightflow.transport.quantile_path import Slowing

MOST_VARIABLES = 6
_TURN = 0.1  # share of the range by which a curve turns before a sentence says so
_STILL = 0.1  # share of the width of the distribution within which a mean is said to stay
_SURE = 3  # standard errors from which a difference is said to be there
_TOLERATED = 0.02  # of a coverage
_SEEN = 0.02  # difference of a probability that is told with its times
_MOST_RUNS = 6  # of such times
_SHIFT = 0.02  # of the mean transform from a half that is called a shift


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        name: of the question.
        event: as the user wrote it.
        sentences: the answer.
        sources: model, data and, if it is known, exact law.
        rows: time, "snapshot" or nothing, then the probability of each source; at the snapshots and once between each
            two of them.
    """

    name: str
    event: str
    sentences: list[str]
    sources: list[str]
    rows: list[tuple[str, ...]]


def tell_motion(data: Snapshots, motion: Motion) -> list[str]:
    """A sentence on the mean of each variable, at most the first six."""
    found = []
    for v, name in enumerate(data.variables[:MOST_VARIABLES]):
        means, bands = motion.means[:, v], motion.quantiles[:, :, v]
        widths = bands[:, LEVELS.index(0.95)] - bands[:, LEVELS.index(0.05)]
        if np.ptp(means) <= _STILL * widths.mean():
            course = f"stays near {_short(means.mean())}"
        else:
            course = _course(motion.times, means)
        found.append(f"The mean of {name} {course}. {_spread(bands)}")
    if (left := len(data.variables) - MOST_VARIABLES) > 0:
        found.append(f"{left} more variables are in the tables and in Python.")
    return found


def tell_answers(answers: pd.DataFrame, model: str) -> list[Answer]:
    """The answers to the questions.

    Args:
        answers: table with `answers.COLUMNS`.
        model: the model shown.
    """
    found = []
    for name, own in answers.groupby("question", sort=False):
        every = {source: _curve(own, source, model) for source in (MODEL, DATA, LAW)}
        curves = {source: curve for source, curve in every.items() if len(curve)}
        shown = curves[MODEL]
        sentences = [f"The probability {_course(shown.index.to_numpy(), shown.to_numpy(), _percent)}."]
        sentences += _beside(own, curves)
        snapshots = own.loc[(own["source"] == DATA) & own["observed"], "time"].to_numpy()
        rows = []
        for time in _with_middles(shown.index.to_numpy(), snapshots):
            shares = (_percent(curve[time]) if time in curve else "–" for curve in curves.values())
            rows.append((number(time), "snapshot" if time in snapshots else "", *shares))
        found.append(Answer(str(name), own["event"].iloc[0], sentences, list(curves), rows))
    return found


def tell_trust(trust: Trust, model: str, snapshots: int) -> list[str]:
    """Sentences on the calibration and the likelihood of a model.

    Args:
        trust: in the model.
        model: its name.
        snapshots: number of observed ones.
    """
    table = trust.calibration
    if table.empty:
        other = "evaluation: {leave_one_out: true}" if snapshots > 2 else "measure at a third time"
        return [
            "No states were held out, so nothing tells how far to trust the model. Set heldout in the data set, or "
            f"{other}."
        ]
    times, states = table["time"].nunique(), int(table.groupby(["dataset", "time"])["states"].first().sum())
    told = [_evidence(trust.evidence, times, states, snapshots)]
    told += [tell_verdict(trust.verdict, model)] if trust.verdict else []
    for share in reversed(COVERAGES):
        told.append(_coverage(trust, share))
    told += _shifts(table)
    if (worst := trust.worst) and abs(worst[3]) > _TOLERATED:
        variable, time, share, away = worst
        told.append(
            f"At single times it is furthest off for {variable} at time {number(time)}: the central {_whole(share)} "
            f"holds {_percent(share + away)} of the values, so the model is too {'wide' if away > 0 else 'narrow'}."
        )
    return told + _likelihood(trust.likelihood, model)


def tell_bands(coverage: pd.DataFrame, level: float) -> list[str]:
    """A sentence on the share of true probabilities in their bands; none without rows.

    Args:
        coverage: table with `coverage.COLUMNS`.
        level: of the bands.
    """
    found = []
    for times, where in ((BETWEEN, "between the snapshots"), (OBSERVED, "at them")):
        own = coverage[coverage["times"] == times]
        if len(own):
            found.append(f"{_percent((own['coverage'] * own['bins']).sum() / own['bins'].sum())} {where}")
    if not found:
        return []
    return [
        f"The {_whole(level)} bands of the marginals hold the true probability of {' and '.join(found)}, among bins "
        f"with a probability of at least {LEAST:g}."
    ]


def tell_parts(parts: Parts) -> str:
    """Sums of the parts of teachers that cells follow, by growth, way and noise.

    Args:
        parts: of the teachers; without a growing one the text is empty.
    """
    grown = [(teacher, part) for teacher, part in parts if "growth" in MEMBERS[teacher.member].settings]
    if not grown:
        return ""
    told = []
    for name in ("growth", "way", "noise"):
        sums: dict[str, float] = {}
        for teacher, part in grown:
            value = getattr(teacher, name)
            key = value if isinstance(value, str) else f"{value:g}"
            sums[key] = sums.get(key, 0.0) + part
        told.append(f"{name} " + ", ".join(f"{key}: {part:.0%}" for key, part in sums.items()))
    rest = 1 - sum(part for _, part in grown)
    return f"{'; '.join(told)}; mixture and other members: {max(rest, 0.0):.0%}."


def tell_slowing(slowing: Slowing, observed: np.ndarray) -> str:
    """Sentences on what is taught past the last snapshot; empty if nothing is.

    Args:
        slowing: rates and their weights.
        observed: (K,) times of the snapshots.
    """
    if not slowing:
        return ""
    weights = ", ".join(f"{rate:g}: {weight:.0%}" for rate, weight in slowing)
    if len(observed) == 2:
        weighted = f"Two snapshots tell no rate from another, so they have equal weights ({weights})."
    else:
        weighted = (
            f"Weights of the rates, by the likelihood of the last snapshot, predicted from those before it: {weights}. "
            "No snapshot tests more than this one step."
        )
    return (
        f"Past the last snapshot, up to time {number(taught_until(observed))}, every variable's quantiles go on along "
        f"their last lines: straight on at rate 0, slowing down at larger rates, and hardly moving at 30. {weighted}"
    )


def tell_verdict(verdict: Verdict, model: str) -> str:
    """A sentence on a model beside the best alternative.

    Args:
        verdict: on it.
        model: its name.
    """
    number_of = "one time" if verdict.times == 1 else f"{verdict.times} times"
    side = "ahead" if verdict.gain > 0 else "behind"
    error = f", standard error {verdict.error:.3f}" if np.isfinite(verdict.error) else ""
    told = (
        f"{model} is {verdict.word} {verdict.other}, the best of the baselines with a likelihood: "
        f"{abs(verdict.gain):.3f} nats per variable {side} over {number_of}{error}."
    )
    if verdict.word == LEVEL and verdict.times == 1:
        return f"{told} One time cannot tell more."
    if verdict.word == WORSE:
        return f"{told} Take {verdict.other} for these data; the recommended states of this run are its."
    return told


def _evidence(evidence: str, times: int, states: int, snapshots: int) -> str:
    plural = "time" if times == 1 else "times"
    if evidence == SEEN and snapshots == 2:
        return (
            "Nothing tests the model between the snapshots: a path needs both. The numbers here tell how well it fits "
            f"them; they are from {states} held-out states. A third time between them would be a test."
        )
    if evidence == SEEN:
        return (
            "Every time was used for training, so the numbers here tell how well the model fits the snapshots, not how "
            f"well it predicts between them; they are from {states} held-out states. To test that, set "
            "evaluation: {leave_one_out: true}, or observe_every in the data set."
        )
    what = {
        UNSEEN: "between the snapshots, which no model was trained on",
        PAST: "past the last snapshot, which no model was trained on",
        LEFT_OUT: "of left-out snapshots, each predicted from all the others",
    }[evidence]
    return f"Tested on {states} states at {times} {plural} {what}."


def _coverage(trust: Trust, share: float) -> str:
    """A sentence on the coverage of a central interval, with a verdict if one is certain."""
    by_variable = trust.coverage(share)
    states = _tested(trust.calibration)
    listed = ", ".join(f"{_percent(value)} of the {name}" for name, value in by_variable[:MOST_VARIABLES].items())
    away = by_variable - share
    sure = away.abs() > np.maximum(_SURE * np.sqrt(share * (1 - share) / states), _TOLERATED)
    verdict = "as it should, within 2 percentage points"
    if (away.abs() > _TOLERATED).any():
        verdict = f"so few states cannot tell this from {_whole(share)}"
    if sure.any():
        narrow, wide = (list(away.index[sure & (sign * away > 0)]) for sign in (-1, 1))
        parts = [
            f"{word} for {', '.join(names)}" for word, names in (("too narrow", narrow), ("too wide", wide)) if names
        ]
        verdict = f"it is {' and '.join(parts)}"
    return f"The model's central {_whole(share)} holds {listed} values, over all times: {verdict}."


def _tested(table: pd.DataFrame) -> pd.Series:
    """Number of independent states of each variable: of one time, since those of other times may be the same paths."""
    return table.groupby("variable", sort=False)["states"].max()


def _shifts(table: pd.DataFrame) -> list[str]:
    """A sentence on variables that are predicted too high or too low, by the mean of the transforms."""
    shares = table.filter(like="pit_")
    middles = (np.arange(shares.shape[1]) + 0.5) / shares.shape[1]
    sums = (shares.to_numpy() @ middles * table["states"]).groupby(table["variable"], sort=False).sum()
    away = sums / table.groupby("variable", sort=False)["states"].sum() - 0.5
    sure = away.abs() > np.maximum(_SHIFT, _SURE * np.sqrt(1 / 12 / _tested(table)))
    parts = [f"{name} {_side(-value)}" for name, value in away[sure].items()]
    return [f"On the whole the model is too high or too low for some: {', '.join(parts)}."] if parts else []


def _likelihood(table: pd.DataFrame, model: str) -> list[str]:
    if table.empty:
        return []
    gain, ahead = table["gain"], int((table["gain"] > 0).sum())
    other = table["other"].mode().iloc[0]
    excluded = table.loc[~np.isfinite(table["model_nll"]), "time"]
    if len(excluded):
        first = f"time {number(excluded.iloc[0])}"
        where = f"At {first}" if len(excluded) == 1 else f"At {len(excluded)} of {len(table)} times, first at {first},"
        return [
            f"{where} a state lies where {model} has no probability, so its likelihood is zero there. "
            "It is excluded by the data set's ranges or relations, or by backbone.levels; change these keys."
        ]
    finite = gain[np.isfinite(gain)]
    if finite.empty:
        return [f"No other method gives the held-out states a positive probability; {model} does."]
    mean = finite.mean()
    how = f"{abs(mean):.3f} nats per variable {'ahead' if mean > 0 else 'behind'} on average"
    if len(finite) < len(gain):
        how += f" over the {len(finite)} times at which any of them gives every state a positive probability"
    told = [
        f"Beside whichever of the others is best at each time, most often {other}, {model} gives the held-out states a "
        f"higher likelihood at {ahead} of {len(table)} times; it is {how}."
    ]
    if gain.min() < 0:
        worst = table.loc[gain.idxmin()]
        told.append(
            f"It is furthest behind at time {number(worst['time'])}, by {-worst['gain']:.3f} nats per variable, where "
            f"{worst['other']} is the best."
        )
    return told


def _with_middles(times: np.ndarray, snapshots: np.ndarray) -> list[float]:
    """The snapshots, and between each two of them the time nearest to the middle, if there is one."""
    found = set(snapshots[snapshots >= times[0]].tolist())
    for first, second in pairwise(snapshots):
        between = times[(times > first) & (times < second)]
        if len(between):
            found.add(float(between[np.abs(between - (first + second) / 2).argmin()]))
    return sorted(found)


def _beside(own: pd.DataFrame, curves: dict[str, pd.Series]) -> list[str]:
    """How far the model is from the data at the snapshots, and from the exact law between them."""
    told, shown = [], curves[MODEL]
    data = own[(own["source"] == DATA) & own["observed"] & own["time"].isin(shown.index)]
    if len(data):
        away = (data["probability"].to_numpy() - shown[data["time"]].to_numpy()).round(12)
        worst = int(np.abs(away).argmax())
        half = (data["high"] - data["low"]).to_numpy()[worst] / 2
        told.append(
            f"At the snapshots the model is {_points(np.abs(away).mean())} from the share in the data on average, "
            f"furthest off at time {number(data['time'].iloc[worst])}: {_points(abs(away[worst]))} too "
            f"{_side(-away[worst])}; the 95 % interval of the data there is ±{_points(half)}."
        )
        beyond = (shown[data["time"]].to_numpy() < data["low"]) | (shown[data["time"]].to_numpy() > data["high"])
        told.append(f"It lies outside the 95 % interval of the data at {int(beyond.sum())} of {len(data)} snapshots.")
    law = curves.get(LAW, shown.iloc[:0])
    last = own.loc[own["observed"], "time"].max()
    unseen = own[(own["source"] == LAW) & ~own["observed"] & own["time"].isin(shown.index)]["time"]
    unseen, past = unseen[unseen < last], unseen[unseen > last]
    if len(past):
        away = (shown[past] - law[past]).abs()
        told.append(f"Past the last snapshot it is {_points(away.mean())} from the exact law on average.")
    if len(unseen):
        away = shown[unseen] - law[unseen]
        worst = away.abs().idxmax()
        told.append(
            f"Between the snapshots it is {_points(away.abs().mean())} from the exact law on average, furthest off "
            f"at time {number(worst)}: {_points(abs(away[worst]))} too {_side(away[worst])}."
        )
        if (off := away.abs() > _SEEN).any():
            sides = [f"too {word} at {_span(part.index)}" for word, part in _runs(away[off], _step(away.index))]
            more = [f"and {len(sides) - _MOST_RUNS} more spans"] if len(sides) > _MOST_RUNS else []
            told.append(f"It is more than {_points(_SEEN)} off at these times: {'; '.join(sides[:_MOST_RUNS] + more)}.")
    return told


def _runs(away: pd.Series, step: float) -> list[tuple[str, pd.Series]]:
    """Differences at times no more than a step apart and of one sign, each run with its side."""
    times, high = away.index.to_numpy(dtype=float), away.to_numpy() > 0
    breaks = np.flatnonzero((np.diff(times) > step) | (high[1:] != high[:-1])) + 1
    parts = [away.iloc[start:end] for start, end in pairwise([0, *breaks, len(away)])]
    return [(_side(part.iloc[0]), part) for part in parts]


def _step(times: pd.Index) -> float:
    """Time within which two times are neighbours: two of the smallest steps, since snapshots are not among them."""
    return 2.1 * float(np.diff(times).min()) if len(times) > 1 else 0.0


def _span(times: pd.Index) -> str:
    first, last = number(times.min()), number(times.max())
    return first if first == last else f"{first} to {last}"


def _side(value: float) -> str:
    return "high" if value > 0 else "low"


def _curve(own: pd.DataFrame, source: str, model: str) -> pd.Series:
    """Probability by time: of the model, the mean over its seeds."""
    part = own[(own["source"] == source) & ((own["model"] == model) | (source != MODEL))]
    return part.groupby("time")["probability"].mean()


def _course(times: np.ndarray, values: np.ndarray, form: Callable[[float], str] | None = None) -> str:
    """'rises from a to b at time t, then falls to c at time u': the turns of a curve that matter."""
    form = form or _short
    spread = float(np.ptp(values))
    if spread == 0 or form(values.min()) == form(values.max()):
        return f"stays at {form(values[0])}"
    turns = [0]
    for place in sorted({int(values.argmin()), int(values.argmax()), len(values) - 1} - {0}):
        if abs(values[place] - values[turns[-1]]) > _TURN * spread:
            turns.append(place)
    if turns[-1] != len(values) - 1 and len(turns) == 1:
        turns.append(len(values) - 1)
    parts = []
    for before, after in pairwise(turns):
        verb = "rises" if values[after] > values[before] else "falls"
        begin = f" from {form(values[before])}" if before == 0 else ""
        parts.append(f"{verb}{begin} to {form(values[after])} at time {number(times[after])}")
    if turns[-1] != len(values) - 1:
        parts.append(f"stays there until time {number(times[-1])}")
    return ", then ".join(parts)


def _spread(bands: np.ndarray) -> str:
    """The central 90 % at the first and the last time, from quantiles (M, 5)."""
    (first, start), (last, end) = bands[0, [0, -1]], bands[-1, [0, -1]]
    begin = f"nearly all values are {_short(first)}" if first == start else f"nine tenths {_between(first, start)}"
    finish = f"nearly all are {_short(last)}" if last == end else f"nine tenths {_between(last, end)}"
    return f"At the first snapshot {begin}; at the last {finish}."


def _between(low: float, high: float) -> str:
    return f"lie between {_short(low)} and {_short(high)}"


def _short(value: float) -> str:
    """Three significant digits."""
    return f"{value:.3g}".replace("-", "−")


def _percent(value: float) -> str:
    """A probability in per cent; the smallest and largest as bounds."""
    if 0 < value < 0.001:
        return "< 0.1 %"
    if 0.999 < value < 1:
        return "> 99.9 %"
    return f"{100 * value:.1f} %"


def _whole(share: float) -> str:
    return f"{100 * share:.0f} %"


def _points(value: float) -> str:
    return f"{100 * value:.1f} percentage points"


def shorten(rows: Sequence[tuple[str, ...]], most: int) -> list[tuple[str, ...]]:
    """At most so many rows, evenly chosen, with the first and the last."""
    if len(rows) <= most:
        return list(rows)
    return [rows[k] for k in np.linspace(0, len(rows) - 1, most).round().astype(int)]
