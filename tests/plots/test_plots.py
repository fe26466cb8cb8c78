"""Figures are written whole, legible in size, the same every time, and without torch."""

import dataclasses
import itertools
import math
import subprocess
import sys
from collections.abc import Sequence

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure
from PIL import Image
from scipy.stats import norm, poisson

from weightflow.baselines.registry import SPLIT_HALF
from weightflow.data.folds import fold_name
from weightflow.data.representation import Representation
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import BINS, Counts, Reals
from weightflow.evaluation.calibration import COLUMNS as CALIBRATION
from weightflow.evaluation.moments import Run, compare_moments
from weightflow.evaluation.path_energy import tabulate_path_energy
from weightflow.evaluation.published import COLUMNS, OWN, PUBLISHED
from weightflow.evaluation.trust import Trust
from weightflow.laws.law import GaussianLaw, PoissonLaw, TableLaw
from weightflow.plots import density, style
from weightflow.plots.ablation import level_numbers, plot_ablation
from weightflow.plots.agreement import plot_agreement
from weightflow.plots.answers import plot_answers
from weightflow.plots.cells import plot_cells
from weightflow.plots.course import plot_course
from weightflow.plots.decoded import plot_decoded
from weightflow.plots.density import MOST_FRAMES, animate_density
from weightflow.plots.distributions import MASSES, bin_edges, joint, marginal, mass_levels, own_grid, shown_times
from weightflow.plots.frontier import plot_frontier
from weightflow.plots.growth import plot_growth
from weightflow.plots.inference import plot_inference
from weightflow.plots.joints import plot_joints
from weightflow.plots.landscape import peaks, plot_landscape
from weightflow.plots.latent_path import plot_latent_path
from weightflow.plots.learning import plot_learning
from weightflow.plots.leave_one_out import plot_leave_one_out
from weightflow.plots.losses import Fits, plot_losses
from weightflow.plots.marginals import plot_marginals
from weightflow.plots.metrics import plot_metrics
from weightflow.plots.model_size import plot_model_size
from weightflow.plots.moments import plot_moments
from weightflow.plots.networks import plot_networks
from weightflow.plots.path_energy import plot_path_energy
from weightflow.plots.pictures import plot_pictures
from weightflow.plots.probes import plot_probes
from weightflow.plots.rulegraph import layout, plot_rule_graph, read_rule_graph, rule_graph_dot
from weightflow.plots.sample_size import plot_sample_size
from weightflow.plots.sources import LOOKS, MARKERS, colour_of_autoencoder, look_of
from weightflow.plots.table1 import plot_published
from weightflow.plots.teachers import plot_teachers
from weightflow.plots.transfer import plot_transfer
from weightflow.plots.trust import plot_trust
from weightflow.plots.variants import plot_variants
from weightflow.plots.weights_path import plot_weights_path, principal_plane
from weightflow.populations.autoencoders.registry import DRAWINGS
from weightflow.populations.autoencoders.source_names import parts_of
from weightflow.populations.registry import GENERATORS
from weightflow.prediction.figure_grids import FigureGrids
from weightflow.prediction.motion import Motion
from weightflow.prediction.predictions import Prediction
from weightflow.systems.adaptive_walk import AdaptiveWalk
from weightflow.systems.expressions import compile_expression

TIMES = np.arange(9.0)
MODELS = ["a_cde", "b_ode"]
RUNS = [*MODELS, "mixture", "transport_spline", "floor_bootstrap"]
LINES = style.lines(RUNS)
DECODED = [
    *("structure", "structure, unaligned", "behaviour", "behaviour (norms of test inputs)"),
    *("structure, plain", "behaviour, bootstrapped"),
]
DOT = """digraph snakemake_dag {
    graph[bgcolor=white, margin=0];
    node[shape=box, style=rounded, fontname=sans];
    0[label = "all", color = "0.1 0.6 0.85"];
    1[label = "report", color = "0.2 0.6 0.85"];
    2[label = "simulate", color = "0.3 0.6 0.85"];
    1 -> 0
    2 -> 0
    2 -> 1
}
"""


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    monkeypatch.setitem(style._RC, "savefig.dpi", 80)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def snapshots(rng: np.random.Generator, variables: int = 2, every: int = 4, discrete: bool = True) -> Snapshots:
    def draw(t: float) -> np.ndarray:
        counts = rng.poisson(3 + t, (40, variables))
        return counts if discrete else counts + rng.normal(size=counts.shape)

    names = [f"x{i + 1}" for i in range(variables)]
    parts = [draw(t) for t in TIMES], [draw(t) for t in TIMES]
    space = Counts(40) if discrete else Reals.of(parts[0])
    return Snapshots(TIMES, *parts, np.arange(9) % every == 0, names, space, "heldout", "day")


def exact_law(rng: np.random.Generator, variables: int = 2) -> TableLaw:
    states = np.unique(rng.poisson(6, (200, variables)), axis=0)
    return TableLaw(TIMES, states, rng.dirichlet(np.ones(len(states)), 9), np.zeros(9))


def some_exact(rng: np.random.Generator) -> TableLaw:
    """The law of the second of several variables."""
    return dataclasses.replace(exact_law(rng, 1), columns=np.array([1]))


def prediction(rng: np.random.Generator, variables: int = 2) -> Prediction:
    samples = [rng.poisson(3 + t, (30, variables)) for t in TIMES]
    fine = np.linspace(0, 8, 21)
    walk, path = (np.cumsum(rng.normal(size=(len(t), 12)), axis=0) for t in (TIMES, fine))
    marginals = rng.dirichlet(np.ones(40), (9, variables))
    figures = FigureGrids(path_times=fine, path_weights=path)
    return Prediction(TIMES, samples, marginals=marginals, weights=walk, figures=figures)


def with_figures(part: Prediction, **grids: np.ndarray) -> Prediction:
    """A prediction with other grids for figures."""
    return dataclasses.replace(part, figures=dataclasses.replace(part.figures, **grids))


def with_grid(rng: np.random.Generator, bins: int = 40) -> Prediction:
    """A prediction with a grid of its two variables, in bins of 40 / `bins` counts."""
    joints = rng.dirichlet(np.ones(bins**2), 9).reshape(9, bins, bins)
    return with_figures(prediction(rng), joints=joints.astype(np.float32), pair=np.array([0, 1]))


def of_real_values(rng: np.random.Generator) -> Prediction:
    """A prediction of two real values, in ten bins that are unequal between the variables."""
    joints = rng.dirichlet(np.ones(100), 9).reshape(9, 10, 10)
    marginals, edges = np.stack([joints.sum(2), joints.sum(1)], axis=1), np.linspace([-1, 0], [9, 20], 11, axis=1)
    samples = [rng.uniform([-1, 0], [9, 20], (30, 2)) for _ in TIMES]
    figures = FigureGrids(joints=joints, pair=np.array([0, 1]))
    return Prediction(TIMES, samples, marginals=marginals, edges=edges, figures=figures)


def moving(rng: np.random.Generator, variables: int = 2, frames: int = 5) -> Prediction:
    """A prediction of real values with a path, Gaussian grids of the first two, and frames between the data's times."""
    edges = np.linspace([-6.0] * variables, [20.0] * variables, 61, axis=1)
    centres = (edges[0, :-1] + edges[0, 1:]) / 2

    def gaussians(times: np.ndarray) -> np.ndarray:
        single = np.exp(-((centres - 3 - times[:, None]) ** 2) / 8)
        single /= single.sum(1, keepdims=True)
        return single[:, :, None] * single[:, None, :]

    own = prediction(rng, variables)
    samples = [rng.normal(3 + t, 2, (30, variables)) for t in TIMES]
    between = np.linspace(0, 8, frames) if frames else np.zeros(0)
    own = dataclasses.replace(own, samples=samples, edges=edges, marginals=rng.dirichlet(np.ones(60), (9, variables)))
    frames = {"frame_times": between, "frame_joints": gaussians(between)}
    return with_figures(own, joints=gaussians(TIMES), pair=np.array([0, 1]), **frames)


def real(rng: np.random.Generator, variables: int = 2, every: int = 4) -> Snapshots:
    return snapshots(rng, variables, every, discrete=False)


def without(data: Snapshots, t: int) -> Snapshots:
    return dataclasses.replace(data, is_observed=data.is_observed & (np.arange(len(data.times)) != t), left_out=t)


def moments_table(rng: np.random.Generator, variables: int, discrete: bool, every: int = 4) -> pd.DataFrame:
    data = snapshots(rng, variables, every, discrete)
    fold = without(data, 4)
    runs = [Run("cells", m, seed, data, prediction(rng, variables)) for m in RUNS for seed in (0, 1)]
    return compare_moments([*runs, Run(fold_name("cells", 1), "a_cde", 0, fold, prediction(rng, variables))])


def energies(rng: np.random.Generator, scales: Sequence[float], seeds: int = 2, end: int = 9) -> pd.DataFrame:
    """Energies of runs whose weights have some scales, up to a time."""
    data = snapshots(rng)
    runs = []
    for model, scale in zip([*MODELS, "weights_linear"], scales, strict=False):
        for seed in range(seeds):
            made = prediction(rng)
            cut = [states if t < end else states[:0] for t, states in enumerate(made.samples)]
            made = with_figures(made, path_weights=scale * made.figures.path_weights)
            runs.append(Run("cells", model, seed, data, dataclasses.replace(made, samples=cut)))
    return tabulate_path_energy("cells", data, runs)


MOVING = style.lines([*MODELS, "weights_linear"])


def left_out(metrics: Sequence[str] = ("w1_loo", "nll_loo"), times: int = 3) -> pd.DataFrame:
    rows = [
        (run, seed, time, metric, 1 + 0.1 * place + 0.01 * seed + 0.1 * time)
        for place, run in enumerate([*RUNS[:3], SPLIT_HALF])
        for metric in metrics
        if metric != "nll_loo" or run in MODELS
        for seed in (0, 1)
        for time in range(1, 1 + times)
    ]
    return pd.DataFrame(rows, columns=["model", "seed", "time", "metric", "value"])


LEFT_OUT = style.lines([*RUNS[:3], SPLIT_HALF])


def walk(alleles: int = 40) -> AdaptiveWalk:
    """A walk on two hills, the second the higher one."""
    hills = (((10, 8), 1.0), ((25, 30), 1.5))
    fitness = " + ".join(f"{h} * exp(-((x1 - {x})**2 + (x2 - {y})**2) / 20)" for (x, y), h in hills)
    program = compile_expression(fitness, ("x1", "x2"), {}, "test")
    return AdaptiveWalk("A walk", "", ("x1", "x2"), alleles, program, 1.0, None, 9, 1.0)


EXACT = ("w_marginal_exact", "w_marginal", "jsd_marginal_exact", "jsd_marginal", "kl_exact", "w1_joint", "nll")
SAMPLED = ("w_marginal", "jsd_marginal", "nll", "w1_joint")


def metrics(seeds: int, names: Sequence[str] = SAMPLED) -> pd.DataFrame:
    rows = [
        (model, seed, time, metric, 0.1 + 0.01 * seed + 0.02 * order)
        for order, model in enumerate(RUNS)
        for seed in range(seeds)
        for time in TIMES
        for metric in names
    ]
    return pd.DataFrame(rows, columns=["model", "seed", "time", "metric", "value"])


def fits(rng: np.random.Generator) -> Fits:
    steps = np.arange(30)
    nll = pd.DataFrame({"snapshot": steps % 3, "step": steps // 3, "nll": rng.random(30)})
    fit = pd.DataFrame({"step": steps, "loss": rng.random(30), "structural": rng.random(30), "behavioural": 0.0})
    fit = fit.assign(divergence=rng.random(30), energy=np.zeros(30), roughness=rng.random(30))
    spline = pd.DataFrame({"step": steps, "nll": rng.random(30), "curvature": rng.random(30), "roughness": 0.0})
    return Fits(
        anchors={"a_cde, b_ode": nll},
        paths={"a_cde": fit[["step", "structural"]], "b_ode": pd.DataFrame({"step": [], "structural": []})},
        splines={"b_ode": spline},
        dynamics=dict.fromkeys(MODELS, fit),
        validation={"b_ode": nll[["step", "nll"]]},
    )


def losses(found: Fits) -> Figure:
    return plot_losses(found, LINES, TIMES[::4], "day")


def ablations(names: Sequence[str]) -> pd.DataFrame:
    levels = [
        ("base", "mine", "mine", "mine"),
        ("loss", "one", "mine", "mine"),
        ("loss", "two", "mine", "loss-two"),
        ("size", "h-4", "mine", "size-4"),
        ("size", "h-8", "mine", "mine"),
        ("size", "h-64", "mine", "size-64"),
    ]
    rows = [
        (*level, metric, times, 0.1 + order, np.nan if order == 2 else 0.01)
        for metric in names
        for times in ("all", "unseen")
        for order, level in enumerate(levels)
    ]
    return pd.DataFrame(rows, columns=["factor", "level", "base", "model", "metric", "times", "mean", "std"])


def sample_sizes(names: Sequence[str]) -> pd.DataFrame:
    rows = [
        (metric, interval, states, 1 / (1 + place) + order, 0.05, None if not place else True)
        for metric in names
        for order, interval in enumerate(("first", "later"))
        for place, states in enumerate((50, 200, 1000))
    ]
    return pd.DataFrame(rows, columns=["metric", "interval", "states", "mean", "std", "falls"])


def teachers(intervals: Sequence[str]) -> pd.DataFrame:
    rows = [
        (interval, name, 0.1 * place, 0.02, place == 1, 9, [20.0, 30.0], [0.2 * place, 0.0])
        for interval in intervals
        for place, name in enumerate(("bridge (noise 0.5, rate 2)", "mixture"))
    ]
    columns = ["interval", "teacher", "behind", "error", "chosen", "candidates", "times", "behind_at"]
    return pd.DataFrame(rows, columns=columns)


def summary(names: Sequence[str]) -> pd.DataFrame:
    rows = [
        (model, metric, times, np.inf if model == "mixture" else 0.1 + order, np.nan if order else 0.01)
        for order, model in enumerate(RUNS)
        for metric in names
        for times in ("all", "unseen")
    ]
    return pd.DataFrame(rows, columns=["model", "metric", "times", "mean", "std"])


def runtime() -> pd.DataFrame:
    rows = [(model, seed, stage, 2.5 + seed) for model in RUNS for seed in (0, 1) for stage in ("anchors", "predict")]
    return pd.DataFrame(rows, columns=["model", "seed", "stage", "seconds"])


def published(datasets: Sequence[str]) -> pd.DataFrame:
    methods = [("Older", PUBLISHED), ("WeightFlow", PUBLISHED), *((run, OWN) for run in RUNS)]
    rows = [
        (name, "epidemic", method, origin, 0.1 * (1 + place), 0.01, 0 if place == 3 else 0.02, np.nan, 3)
        for name in datasets
        for place, (method, origin) in enumerate(methods)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def model_size() -> pd.DataFrame:
    rows = [
        (what, what, d, states, size * (d if what == "joint table" else 1))
        for what, size in (("backbone", 400), ("graph network", 8e4), ("joint table", 1e6))
        for d in (3, 4)
        for states in (10, 100)
    ]
    return pd.DataFrame(rows, columns=["what", "name", "variables", "states", "size"])


def growth(axes: int) -> pd.DataFrame:
    rows = [
        (stage, axis, size, 0.01 * (1 + place) * size, 1.0)
        for axis in ["variables d", "snapshots K", "levels L", "states N"][:axes]
        for place, stage in enumerate(["anchors", "learned spline", "sampling"])
        for size in (5, 50, 500)
    ]
    return pd.DataFrame(rows, columns=["stage", "axis", "size", "seconds", "exponent"])


def networks(rng, sources: Sequence[str]) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Accuracies in both layouts and weights, of each source."""
    rows = [
        (layout, source, rng.uniform(0.5, 1)) for layout in ("aligned", "raw") for source in sources for _ in range(9)
    ]
    weights = {source: rng.standard_normal((9, 5)) for source in sources[:2]}
    return pd.DataFrame(rows, columns=["layout", "source", "accuracy"]), weights


def frontiers() -> pd.DataFrame:
    """Every generator over its knob, two seeds."""
    rows = [("trained", math.nan, True, 0.97, 0.85, 0.5)] + [
        (name, value, value == own.knob.usual, 0.97 - 0.08 * place, 0.2 + 0.2 * place, 0.6 - 0.1 * place)
        for name, own in GENERATORS.items()
        for place, value in enumerate(own.knob.values)
    ]
    return pd.DataFrame(2 * rows, columns=["source", "value", "usual", "accuracy", "nearest", "overlap"])


def tuned(rng, tasks: Sequence[str], frozen: Sequence[bool]) -> pd.DataFrame:
    """Accuracies of networks after no, one and five epochs."""
    rows = [
        (task, last, source, epochs, rng.uniform(0.5, 1), 0.02)
        for task in tasks
        for last in frozen
        for source in ("flow", "mixed", "behaviour, bootstrapped", "trained", "random")
        for epochs in (0, 1, 5)
    ]
    columns = ["task", "frozen", "source", "epochs", "accuracy_mean", "accuracy_deviation"]
    return pd.DataFrame(rows, columns=columns)


def decoded(rng, sources: Sequence[str], count: int = 9) -> pd.DataFrame:
    """Originals, and reconstructed or drawn networks of each source."""
    rows = [("unseen", "original", rng.uniform(0.9, 1), math.nan, math.nan) for _ in range(count)]
    for source in sources:
        kind = "drawn" if parts_of(source).is_drawn else "reconstructed"
        known = kind == "reconstructed"
        for _ in range(count):
            rows.append((source, kind, *rng.uniform(0.2, 1, 2), 0.1 + rng.exponential()))
            rows[-1] = rows[-1] if known else (*rows[-1][:3], math.nan, math.nan)
    return pd.DataFrame(rows, columns=["source", "kind", "accuracy", "agreement", "distance"])


def probed(sources: Sequence[str], properties: Sequence[str], seeds: int) -> pd.DataFrame:
    """R² from below 0 to 1, and the error of a layer."""
    rows = [
        (seed, source, f"probe_{name}", -0.2 + 0.2 * place + 0.1 * number + 0.01 * seed)
        for seed in range(seeds)
        for place, source in enumerate(sources)
        for number, name in enumerate(properties)
    ]
    return pd.DataFrame([*rows, (0, "structure", "error_fc", 0.2)], columns=["seed", "source", "metric", "value"])


def variants(names: Sequence[str], weights: Sequence[float], seeds: int = 2) -> pd.DataFrame:
    """Agreement and seconds of each variant and weight of the structural loss."""
    rows = [
        (name, weight, "contrastive: 0; queries.from: noise" if place else None, 10.0**place + seed, 0.9 - 0.1 * seed)
        for seed in range(seeds)
        for place, name in enumerate(names)
        for weight in weights
    ]
    columns = ["variant", "structural", "changes", "seconds", "agreement"]
    return pd.DataFrame(rows, columns=columns)


def curves(rng) -> pd.DataFrame:
    """Accuracies of three networks at four epochs."""
    rows = [(network, epoch, *rng.uniform(0.5, 1, 2)) for network in range(3) for epoch in range(4)]
    return pd.DataFrame(rows, columns=["network", "epoch", "training", "validation"])


def fall(*columns: str) -> pd.DataFrame:
    """Losses that fall to a tenth."""
    steps = np.arange(40)
    return pd.DataFrame({"step": steps} | {column: 10 ** (-steps / 40) for column in columns})


def encoders(*structural: float) -> dict[float, pd.DataFrame]:
    """Losses of auto-encoders, of behaviour where it counts."""
    both = {weight: fall("structural", "behavioural") for weight in structural}
    return {weight: table.assign(behavioural=table["behavioural"] * (weight < 1)) for weight, table in both.items()}


def motion(rng: np.random.Generator, variables: int = 2, bins: int = 40) -> Motion:
    times = np.linspace(0, 8, 17)
    means = 3 + times[:, None] + np.zeros(variables)
    bands = means[:, None] + np.array([-4, -1.5, 0, 1.5, 4])[:, None]
    pairs = np.array(list(itertools.combinations(range(min(variables, 3)), 2)), dtype=np.int64).reshape(-1, 2)
    smooth = np.exp(-((np.linspace(-2, 2, bins)) ** 2))
    joint = np.outer(smooth, smooth) / smooth.sum() ** 2
    return Motion(times, means, bands, np.linspace(0, 8, 6), pairs, np.tile(joint, (6, len(pairs), 1, 1)))


def answers(names: Sequence[str], law: bool = True, seen: int = 4) -> pd.DataFrame:
    rows = []
    for place, name in enumerate(names):
        for time in TIMES:
            about = [f"{name} of a rather long name", f"x1 > {place} and x2 < 30", float(time), time % seen == 0]
            share = 0.1 * place + 0.05 * time
            for model in MODELS:
                rows += [[*about, "model", model, seed, share + 0.01 * seed, share, share, None] for seed in (0, 1)]
            rows.append([*about, "data", None, None, share, share - 0.05, share + 0.05, 40])
            rows += [[*about, "exact law", None, None, share, share, share, None]] if law else []
    columns = [
        "question",
        "event",
        "time",
        "observed",
        "source",
        "model",
        "seed",
        "probability",
        "low",
        "high",
        "states",
    ]
    return pd.DataFrame(rows, columns=columns)


def trust(variables: int, empty: bool = False, alternative: bool = True) -> Trust:
    rows = [
        ["cells", "a_cde", 0, time, False, f"x{v + 1}", 50, 0.5 - 0.02 * v, 0.9, *(0.1 + 0.01 * np.arange(-5, 5))]
        for v in range(variables)
        for time in TIMES
    ]
    table = pd.DataFrame(rows, columns=CALIBRATION)
    gains = pd.DataFrame({"time": TIMES, "model_nll": 1.0, "other_nll": 1.1 - 0.02 * TIMES, "gain": 0.1 - 0.02 * TIMES})
    return Trust("times", table[:0] if empty else table, gains if alternative else gains[:0])


FIGURES = {
    "course": lambda rng: plot_course(snapshots(rng), motion(rng), LINES["a_cde"]),
    "course, one variable": lambda rng: plot_course(real(rng, 1), motion(rng, 1), LINES["a_cde"]),
    "course, many variables": lambda rng: plot_course(snapshots(rng, 9, every=1), motion(rng, 9), LINES["b_ode"]),
    "pictures": lambda rng: plot_pictures(snapshots(rng), motion(rng), LINES["a_cde"]),
    "pictures, real values": lambda rng: plot_pictures(real(rng, 3), motion(rng, 3, BINS), LINES["a_cde"]),
    "pictures, one variable": lambda rng: plot_pictures(real(rng, 1), motion(rng, 1), LINES["a_cde"]),
    "pictures, too many states": lambda rng: plot_pictures(snapshots(rng), motion(rng, 2, 0), LINES["a_cde"]),
    "answers": lambda rng: plot_answers(answers("a"), style.lines(MODELS), "day"),
    "answers, many": lambda rng: plot_answers(answers("abcdefg"), style.lines(MODELS), "day (since 2020-02-29)"),
    "answers, all seen, no law": lambda rng: plot_answers(answers("ab", False, 1), style.lines(MODELS), "day"),
    "trust": lambda rng: plot_trust(trust(2), ["x1", "x2"], "day"),
    "trust, many variables": lambda rng: plot_trust(trust(9), [f"x{v + 1}" for v in range(6)], "day"),
    "trust, no states": lambda rng: plot_trust(trust(2, empty=True), ["x1", "x2"], "day"),
    "trust, no alternative": lambda rng: plot_trust(trust(1, alternative=False), ["x1"], "day"),
    "metrics": lambda rng: plot_metrics(snapshots(rng), metrics(2), LINES),
    "metrics, one seed, all seen": lambda rng: plot_metrics(snapshots(rng, every=1), metrics(1), LINES),
    "metrics, none": lambda rng: plot_metrics(snapshots(rng), metrics(1)[:0], LINES),
    "metrics, exact": lambda rng: plot_metrics(snapshots(rng), metrics(2, EXACT), LINES),
    "metrics, not finite": lambda rng: plot_metrics(snapshots(rng), metrics(1).assign(value=np.inf), LINES),
    "marginals": lambda rng: plot_marginals(
        snapshots(rng), None, dict.fromkeys(RUNS[:3], prediction(rng)), LINES, [1, 7.2]
    ),
    "marginals, exact": lambda rng: plot_marginals(
        snapshots(rng), exact_law(rng), dict.fromkeys(RUNS[:3], prediction(rng)), LINES, None
    ),
    "marginals, some exact": lambda rng: plot_marginals(
        snapshots(rng, 3), some_exact(rng), {"a_cde": prediction(rng, 3)}, LINES, [3]
    ),
    "marginals, many": lambda rng: plot_marginals(snapshots(rng, 9), None, {"a_cde": prediction(rng, 9)}, LINES, [3]),
    "marginals, real": lambda rng: plot_marginals(snapshots(rng, discrete=False), None, {}, LINES, None),
    "marginals, real density": lambda rng: plot_marginals(
        snapshots(rng, discrete=False), None, {"a_cde": of_real_values(rng)}, LINES, None
    ),
    "joints, real density": lambda rng: plot_joints(
        snapshots(rng, discrete=False), None, of_real_values(rng), LINES["a_cde"], None
    ),
    "cells": lambda rng: plot_cells(real(rng), moving(rng), {}, LINES["a_cde"], None),
    "cells, left out": lambda rng: plot_cells(
        data := real(rng, 5, 2), moving(rng, 5), {4: (without(data, 4), moving(rng, 5))}, LINES["a_cde"], [0, 4, 8]
    ),
    "cells, no density": lambda rng: plot_cells(real(rng), prediction(rng), {}, LINES["a_cde"], [0, 3]),
    "cells, one variable": lambda rng: plot_cells(real(rng, 1), prediction(rng, 1), {}, LINES["a_cde"], None),
    "sample sizes": lambda rng: plot_sample_size(sample_sizes(EXACT), True),
    "sample sizes, one metric": lambda rng: plot_sample_size(sample_sizes(["nll"]), False),
    "sample sizes, none": lambda rng: plot_sample_size(sample_sizes([]), False),
    "moments": lambda rng: plot_moments(moments_table(rng, 2, True), LINES),
    "moments, many": lambda rng: plot_moments(moments_table(rng, 50, False), LINES),
    "moments, all seen": lambda rng: plot_moments(moments_table(rng, 2, False, 1)[lambda t: t["seen"]], LINES),
    "moments, none": lambda rng: plot_moments(moments_table(rng, 2, True)[:0], LINES),
    "path energy": lambda rng: plot_path_energy(energies(rng, (1, 2, 1)), MOVING, "day"),
    "path energy, decades apart": lambda rng: plot_path_energy(energies(rng, (1, 1e3), 1), MOVING, "day"),
    "path energy, no weights": lambda rng: plot_path_energy(
        energies(rng, (1, 1)).assign(energy_weights=np.nan), MOVING, "day"
    ),
    "path energy, ends early": lambda rng: plot_path_energy(energies(rng, (0, 1), 1, 4), MOVING, "day"),
    "path energy, one time": lambda rng: plot_path_energy(energies(rng, (1,), 1, 1), MOVING, "day"),
    "path energy, no runs": lambda rng: plot_path_energy(energies(rng, ()), MOVING, "day"),
    "left out": lambda rng: plot_leave_one_out(left_out(), LEFT_OUT, "day"),
    "left out, no density": lambda rng: plot_leave_one_out(left_out(["w1_loo"], 8), LEFT_OUT, "day"),
    "left out, none": lambda rng: plot_leave_one_out(left_out()[:0], LEFT_OUT, "day"),
    "weights, real": lambda rng: plot_weights_path(
        real(rng, 5), rng.normal(size=(3, 12)), moving(rng, 5), LINES["a_cde"], None
    ),
    "joints": lambda rng: plot_joints(snapshots(rng, 3), None, prediction(rng, 3), LINES["a_cde"], [2, 5]),
    "joints, exact": lambda rng: plot_joints(
        snapshots(rng, 3), exact_law(rng, 3), prediction(rng, 3), LINES["a_cde"], None
    ),
    "joints, one variable": lambda rng: plot_joints(snapshots(rng, 1), None, prediction(rng, 1), LINES["a_cde"], None),
    "weights": lambda rng: plot_weights_path(
        snapshots(rng), rng.normal(size=(3, 12)), prediction(rng), LINES["a_cde"], None
    ),
    "weights, one variable": lambda rng: plot_weights_path(
        snapshots(rng, 1), rng.normal(size=(3, 12)), prediction(rng, 1), LINES["a_cde"], [4]
    ),
    "weights, a grid": lambda rng: plot_weights_path(
        snapshots(rng), rng.normal(size=(3, 12)), with_grid(rng), LINES["a_cde"], None
    ),
    "landscape": lambda rng: plot_landscape(walk(), snapshots(rng), None, prediction(rng), LINES["a_cde"], None),
    "landscape, exact": lambda rng: plot_landscape(
        walk(), snapshots(rng), exact_law(rng), with_grid(rng), LINES["a_cde"], [2, 5]
    ),
    "latent": lambda rng: plot_latent_path({m: (TIMES[::4], rng.normal(size=(3, 2))) for m in MODELS}, "day"),
    "losses": lambda rng: losses(fits(rng)),
    "losses, anchors alone": lambda rng: losses(Fits(fits(rng).anchors, {}, {}, {}, {})),
    "losses, none": lambda rng: losses(Fits({}, {}, {}, {}, {})),
    "ablation": lambda rng: plot_ablation(ablations(SAMPLED), "loss", True, "what is lost"),
    "ablation, exact": lambda rng: plot_ablation(ablations(EXACT).replace({2.1: np.inf, 1.1: np.nan}), "loss", True),
    "ablation, numbers": lambda rng: plot_ablation(ablations(EXACT).replace({3.1: np.inf}), "size", True),
    "ablation, none": lambda rng: plot_ablation(ablations(["w1_joint"]), "size", True),
    "inference": lambda rng: plot_inference(summary(EXACT), runtime(), LINES, True),
    "inference, sampled": lambda rng: plot_inference(summary(["w_marginal"]), runtime(), LINES, True),
    "inference, none": lambda rng: plot_inference(summary(["w1_joint"]), runtime(), LINES, True),
    "published": lambda rng: plot_published(published(["one"]), LINES),
    "published, many": lambda rng: plot_published(published(["one", "two_long_words", "three"]), LINES),
    "published, none": lambda rng: plot_published(published([]), LINES),
    "model size": lambda rng: plot_model_size(model_size()),
    "growth": lambda rng: plot_growth(growth(4)),
    "growth, one axis": lambda rng: plot_growth(growth(1)),
    "growth, none": lambda rng: plot_growth(growth(0)),
    "teachers": lambda rng: plot_teachers({"a": teachers(["first", "later"]), "b": teachers(["first"])}, "day"),
    "teachers, three snapshots": lambda rng: plot_teachers({"a": teachers(["first"])}, "day"),
    "networks": lambda rng: plot_networks(*networks(rng, ["trained", "flow", "gaussian", "kernel"])),
    "networks, other norms": lambda rng: plot_networks(*networks(rng, ["trained", "flow (norms of test inputs)"])),
    "networks, trained alone": lambda rng: plot_networks(*networks(rng, ["trained"])),
    "transfer": lambda rng: plot_transfer(tuned(rng, ["own", "mnist, 8 × 8, labels 0, 1, 2, 3, 4"], [False, True])),
    "transfer, five tasks": lambda rng: plot_transfer(tuned(rng, list("abcde"), [False])),
    "transfer, none": lambda rng: plot_transfer(tuned(rng, [], [False])),
    "learning": lambda rng: plot_learning(
        curves(rng),
        {"flow": {"aligned": fall("loss"), "raw": fall("loss")}, "corrected": {"raw": fall("loss")}},
        encoders(1, 0.1),
    ),
    "frontier": lambda rng: plot_frontier(frontiers()),
    "frontier, originals without errors": lambda rng: plot_frontier(frontiers().assign(accuracy=1.0)),
    "decoded": lambda rng: plot_decoded(decoded(rng, DECODED)),
    "decoded, originals alone": lambda rng: plot_decoded(decoded(rng, [], 1)),
    "decoded, equal accuracies": lambda rng: plot_decoded(decoded(rng, DECODED[:1]).assign(accuracy=1.0)),
    "decoded, none": lambda rng: plot_decoded(decoded(rng, [], 0)),
    "agreement": lambda rng: plot_agreement(decoded(rng, DECODED)),
    "agreement, copies": lambda rng: plot_agreement(decoded(rng, DECODED[:1]).assign(distance=0.0)),
    "agreement, none": lambda rng: plot_agreement(decoded(rng, [])),
    "probes": lambda rng: plot_probes(
        probed(["weights", "structure", "behaviour, mean code"], ["accuracy", "epoch", "initialisation"], 2)
    ),
    "probes, one seed": lambda rng: plot_probes(probed(["weight statistics"], ["gap"], 1)),
    "probes, none": lambda rng: plot_probes(probed([], [], 1)),
    "variants": lambda rng: plot_variants(variants(["base", *(f"variant-{place:050d}" for place in range(3))], [1, 0])),
    "variants, many values of β": lambda rng: plot_variants(variants(["base", "a"], [k / 9 for k in range(10)], 1)),
    "variants, none": lambda rng: plot_variants(variants([], [])),
    "learning, no flow": lambda rng: plot_learning(curves(rng), {}, encoders(1)),
    "learning, networks alone": lambda rng: plot_learning(curves(rng), {}, {}),
    "rules": lambda rng: plot_rule_graph(read_rule_graph(DOT)),
    "rules, none": lambda rng: plot_rule_graph(nx.DiGraph()),
}


@pytest.mark.slow
@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_every_figure_is_drawn(draw, rng, tmp_path):
    style.save(draw(rng), [tmp_path / "figure.png"])
    content = (tmp_path / "figure.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


@pytest.mark.slow
def test_same_figure_same_bytes(tmp_path):
    for name in ("one", "two"):
        figure = FIGURES["weights"](np.random.default_rng(1))
        style.save(figure, [tmp_path / f"{name}.png", tmp_path / f"{name}.pdf"])
    for suffix in (".png", ".pdf"):
        one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two
        assert b"Date" not in one
        assert b"Software" not in one


def test_a_line_depends_on_the_models_order_alone():
    models = [f"m{i}" for i in range(12)]
    looks = style.lines([*models, "mixture"])
    assert style.lines([*models, "m0"])["m0"] == looks["m0"]
    assert looks["mixture"] == style.lines(["mixture"])["mixture"]
    assert len({(look.color, str(look.linestyle)) for look in looks.values()}) == len(looks)


def test_shown_times(rng):
    data = snapshots(rng)
    assert shown_times(data, [0.4, 7.6, 7.9, 99]) == [0, 8]
    assert set(shown_times(data, None)) <= set(np.flatnonzero(~data.is_observed))
    assert 0 not in shown_times(snapshots(rng, every=1), None)
    few = dataclasses.replace(snapshots(rng), times=TIMES[:4], is_observed=np.full(4, True))
    assert shown_times(few, None) == [1, 2, 3]


def test_densities_are_normalised(rng):
    states, weights = np.array([[0, 1], [2, 1], [2, 3]]), np.array([0.5, 0.25, 0.25])
    part = Prediction(np.zeros(1), [states], [weights])
    edges = np.arange(-0.5, 4)
    np.testing.assert_allclose(marginal(part, 0, 0, edges), [0.5, 0, 0.5, 0])
    assert joint(part, 0, (0, 1), (edges, edges))[2, 3] == pytest.approx(0.25)


def test_a_density_shows_its_own_marginals_and_a_law_its_probabilities(rng):
    edges = np.arange(-0.5, 41)
    predicted, law = prediction(rng), exact_law(rng)
    np.testing.assert_allclose(marginal(predicted, 2, 1, edges)[:40], predicted.marginals[2, 1])
    np.testing.assert_allclose(marginal(law, 2, 1, edges), law.marginals(2, 41)[1])
    assert joint(law, 2, (0, 1), (edges, edges)).sum() == pytest.approx(1)


def test_a_density_of_real_values_is_spread_evenly_over_its_bins(rng):
    part = of_real_values(rng)
    own = [part.edges[v] for v in (0, 1)]
    for v in (0, 1):
        np.testing.assert_allclose(marginal(part, 2, v, own[v]) * np.diff(own[v]), part.marginals[2, v])
        halves = np.interp(np.arange(21) / 2, np.arange(11), own[v])
        np.testing.assert_allclose(marginal(part, 2, v, halves), np.repeat(marginal(part, 2, v, own[v]), 2))
    area = np.outer(*map(np.diff, own))
    np.testing.assert_allclose(joint(part, 2, (0, 1), own) * area, part.figures.joints[2], atol=1e-12)
    wide = np.linspace(-5, 25, 7), np.linspace(-3, 33, 5)
    found = joint(part, 2, (0, 1), wide) * np.outer(*map(np.diff, wide))
    assert found.shape == (6, 4)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.sum(1), marginal(part, 2, 0, wide[0]) * np.diff(wide[0]), atol=1e-12)


def test_a_law_shows_its_marginals_without_noise_and_only_of_what_it_knows(rng):
    edges = np.arange(-0.5, 21)
    law = PoissonLaw(TIMES, np.full((9, 2), 1.5))
    np.testing.assert_allclose(marginal(law, 2, 1, edges), poisson.pmf(np.arange(21), 1.5), atol=1e-6)
    part = some_exact(rng)
    np.testing.assert_allclose(marginal(part, 2, 1, edges), part.marginals(2, 21)[0])
    with pytest.raises(ValueError, match=r"is that of variables \[1\], not of 0"):
        marginal(part, 2, 0, edges)


def test_a_law_of_real_values_shows_its_density(rng):
    law = GaussianLaw(TIMES, np.zeros((9, 2)), np.stack([np.eye(2)] * 9))
    edges = np.linspace(-4, 4, 81)
    centres = (edges[1:] + edges[:-1]) / 2
    np.testing.assert_allclose(marginal(law, 2, 1, edges), norm.pdf(centres), atol=1e-3)
    assert joint(law, 2, (0, 1), (edges, edges)).sum() == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize(("find", "rows"), [(exact_law, 2), (some_exact, 1), (None, 0)])
def test_the_law_is_the_outline_of_the_variables_that_it_knows(find, rows, rng):
    law = find(rng) if find else None
    figure = plot_marginals(snapshots(rng), law, {"a_cde": prediction(rng)}, LINES, [3])
    outlines = [patch for panel in figure.axes for patch in panel.patches if not patch.get_fill()]
    assert len(outlines) == rows
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert ("truth, exact law" in told) == (rows > 0)


@pytest.mark.parametrize(
    ("levels", "numbers"),
    [
        (["h-4", "h-16"], [4, 16]),
        (["H4", "H16"], [4, 16]),
        (["10%", "2.5%"], [10, 2.5]),
        (["0.1", "1"], [0.1, 1]),
        (["gru", "gru-2"], None),
        (["pca-1", "mds-2"], None),
        (["h-4--share-10", "h-8--share-10"], None),
        (["h-4"], None),
        (["h-1", "h-01"], None),
    ],
)
def test_levels_that_differ_in_a_number_alone_are_numbers(levels, numbers):
    assert level_numbers(levels) == numbers


def test_networks_of_one_size_are_drawn_once():
    figure = plot_model_size(model_size())
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert labels == [
        "backbone: backbone",
        "graph network: graph network",
        "joint table: joint table",
        "joint table: joint table, d = 4",
    ]
    style.save(figure, [])


def test_floors_are_lines_across_the_methods():
    figure = plot_published(published(["one", "two", "three"]), LINES)
    assert len(figure.axes) == 6
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels[:2] == ["Older (published)", "WeightFlow (published)"]
    assert LINES["floor_bootstrap"].label not in labels
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [LINES["floor_bootstrap"].label]
    style.save(figure, [])


def test_far_numbers_stand_on_a_logarithmic_axis_in_their_order():
    figure = plot_ablation(ablations(EXACT), "size", True, "hidden units")
    assert [panel.get_xscale() for panel in figure.axes] == ["log"] * 3
    assert [list(panel.lines[1].get_xdata()) for panel in figure.axes] == [[4, 8, 64]] * 3
    assert figure.get_supxlabel() == "hidden units"
    style.save(figure, [])


@pytest.mark.parametrize("bins", [40, 20])
def test_a_grid_takes_the_place_of_samples_for_its_pair_alone(bins, rng):
    predicted, edges = with_grid(rng, bins), np.arange(-0.5, 40, 40 // bins)
    found = joint(predicted, 3, (0, 1), (edges, edges)) * (40 // bins) ** 2
    np.testing.assert_allclose(found, predicted.figures.joints[3], rtol=1e-5)
    samples = with_figures(predicted, joints=np.zeros((0, 0, 0)), pair=np.zeros(0, int))
    swapped = [joint(part, 3, (1, 0), (edges, edges)) for part in (predicted, samples)]
    np.testing.assert_array_equal(*swapped)


def test_levels_hold_their_shares_of_a_gaussian():
    edges = [np.linspace(-6, 6, 241)] * 2
    centres = (edges[0][:-1] + edges[0][1:]) / 2
    density = np.exp(-(centres[:, None] ** 2 + centres**2) / 2) / (2 * np.pi)
    # Of a Gaussian in the plane, exp(−r²/2) of the mass lies beyond r, where the density is exp(−r²/2) / 2π.
    np.testing.assert_allclose(mass_levels(density, edges), (1 - np.array(MASSES)) / (2 * np.pi), rtol=0.01)


def test_samples_without_a_density_are_smoothed(rng):
    part = Prediction(TIMES[:1], [rng.normal(size=(4000, 3))])
    edges, density = own_grid(part, 0, (0, 2), np.array([[-4.0, 4.0], [-4.0, 4.0]]))
    assert (density * np.outer(*map(np.diff, edges))).sum() == pytest.approx(1, abs=0.01)
    middle = [(ends[:-1] + ends[1:]) / 2 for ends in edges]
    expected = np.exp(-(middle[0][:, None] ** 2 + middle[1] ** 2) / 2) / (2 * np.pi)
    np.testing.assert_allclose(density, expected, atol=0.04)


def test_energies_decades_apart_stand_on_a_logarithmic_axis_without_their_zeros(rng):
    apart = plot_path_energy(energies(rng, (1, 1e3), 1), MOVING, "day")
    near = plot_path_energy(energies(rng, (1, 2), 1), MOVING, "day")
    assert [panel.get_yscale() for panel in (*apart.axes, *near.axes)] == ["linear", "log", "linear", "linear"]
    assert min(line.get_ydata().min() for line in apart.axes[1].lines) > 0
    assert [line.get_label() for line in apart.axes[0].lines if line.get_marker() == "o"] == ["a_cde", "data"]
    for figure in (apart, near):
        style.save(figure, [])


def test_left_out_times_stand_below_the_observed_ones(rng):
    data = real(rng, 2, 2)
    folds = {t: (without(data, t), moving(rng)) for t in (2, 4)}
    figure = plot_cells(data, moving(rng), folds, LINES["a_cde"], [0, 2, 4])
    panels = np.array(figure.axes).reshape(2, 3)
    frames = [[panel.spines["left"].get_edgecolor() if panel.axison else None for panel in row] for row in panels]
    black, unseen = (to_rgba(colour) for colour in (style.BLACK, style.VERMILLION))
    assert frames == [[black] * 3, [None, unseen, unseen]]
    assert len({(panel.get_xlim(), panel.get_ylim()) for panel in panels.flat if panel.axison}) == 1
    style.save(figure, [])


def test_folds_with_components_of_their_own_have_axes_of_their_own(rng):
    data = real(rng, 2, 2)
    turned = dataclasses.replace(
        without(data, 4), representation=Representation(["a", "b"], np.zeros(2), -np.eye(2), -np.eye(2))
    )
    figure = plot_cells(data, moving(rng), {4: (turned, moving(rng))}, LINES["a_cde"], [0, 4])
    limits = [panel.get_xlim() for panel in figure.axes if panel.axison]
    assert limits[0] == limits[1] != limits[2]
    style.save(figure, [])


def test_one_far_cell_does_not_move_the_axes(rng):
    data = real(rng)
    far = [np.concatenate([part, [[1e6, -1e6]]]) if t == 3 else part for t, part in enumerate(data.heldout)]
    figure = plot_cells(dataclasses.replace(data, heldout=far), moving(rng), {}, LINES["a_cde"], None)
    assert figure.axes[0].get_xlim()[1] < 50
    style.save(figure, [])


def test_moments_of_many_variables_are_drawn_in_part_and_judged_whole(rng):
    table = moments_table(rng, 50, False)
    table["predicted"] = table["true"].where(table["time"] != 3, np.nan)
    figure = plot_moments(table, LINES)
    counts = {len(line.get_xdata()) for panel in figure.axes for line in panel.lines}
    assert max(counts) <= 100
    texts = [text.get_text() for panel in figure.axes for text in panel.texts]
    # The moments of one time are undefined; R² is over the others.
    assert [text.replace("\n", " ") for text in texts] == [
        "a_cde, b_ode, 3 more: undefined at some times: x1, x2,…"
    ] * 4
    points = {
        line.get_ydata()[0].round(9) for panel in figure.axes[4:] for line in panel.lines if line.get_marker() == "o"
    }
    assert points == {1.0}
    style.save(figure, [])


def test_every_left_out_snapshot_is_a_point_and_the_floor_a_line():
    figure = plot_leave_one_out(left_out(), LEFT_OUT, "day")
    first, second = figure.axes
    assert [text.get_text() for text in first.get_yticklabels()] == [LEFT_OUT[run].label for run in RUNS[:3]]
    assert [text.get_text() for text in second.get_yticklabels()] == MODELS
    points = [line for line in first.lines if line.get_marker() == "o"]
    assert len(points) == 3 * 3
    floor = [line for line in first.lines if line.get_linestyle() == "--"]
    assert floor[0].get_xdata()[0] == pytest.approx(1.3 + 0.005 + 0.2)
    assert not [line for line in second.lines if line.get_linestyle() == "--"]
    style.save(figure, [])


@pytest.mark.parametrize(
    ("label", "title"),
    [("day", "day 2.5"), ("time (hours)", "time (hours) 2.5"), ("time (index of the sample, 3-day)", "time 2.5")],
)
def test_long_remarks_leave_a_title(label, title):
    assert style.at_time(label, 2.5) == title


@pytest.mark.parametrize(
    ("time", "title"), [(120000, "s 120000"), (1 / 3, "s 0.333333"), (1583020860, "s\n1583020860")]
)
def test_large_times_are_written_out(time, title):
    assert style.at_time("s", time) == title


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("I", "I"),
        ("proliferation", "proliferation"),
        ("CD45RA : BV510 <PE-A>", "CD45RA :\nBV510 <PE-A>"),
        ("_log_IFN-γ {comp}", "_log_IFN-γ\n{comp}"),
        ("a" * 40, "a" * 14 + "…"),
        (r"$\alpha$ of the protein", r"$\alpha$ of the protein"),
    ],
)
def test_long_names_have_two_lines(name, label):
    assert style.beside(name)["ylabel"] == label
    assert style.below(name[:24]) == name[:24]


def test_a_bar_of_large_times_has_no_offset():
    figure, axes = style.grid(1, 1, 2, 2)
    style.time_bar(figure, ScalarMappable(Normalize(1583020800, 1583021040)), "s", ax=axes[0, 0])
    figure.draw_without_rendering()
    bar = figure.axes[1].yaxis
    assert bar.get_offset_text().get_text() == ""
    assert bar.get_ticklabels()[0].get_text().startswith("158302")
    style.save(figure, [])


def test_what_repeats_the_truth_is_not_drawn_on_a_logarithmic_axis():
    table = summary(["w_marginal"])
    table.loc[table["model"] == MODELS[0], "mean"] = 1e-17
    figure = plot_inference(table, runtime(), LINES, True)
    assert figure.axes[0].get_ylim()[0] > 1e-3
    assert MODELS[0] not in [text.get_text() for text in figure.legends[0].get_texts()]
    style.save(figure, [])


def test_likelihoods_above_one_are_drawn_like_any_others():
    table = summary(["nll"])
    table["mean"] -= 0.25
    figure = plot_inference(table, runtime(), LINES, True)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {LINES[model].label for model in MODELS} <= set(names)
    assert figure.axes[0].get_yscale() == "linear"
    assert figure.axes[0].get_ylim()[0] < 0


def test_a_likelihood_that_passes_zero_is_drawn_to_its_end(rng):
    found = fits(rng)
    fall = pd.DataFrame({"step": np.arange(30), "nll": np.linspace(1, -2, 30), "curvature": 0.0, "roughness": 0.0})
    figure = losses(dataclasses.replace(found, splines={"b_ode": fall}))
    lowest = min(line.get_ydata().min() for panel in figure.axes for line in panel.lines if len(line.get_ydata()))
    assert lowest < -1.9


def test_peaks_are_the_hills_the_higher_first():
    assert peaks(walk().landscape()).tolist() == [[25, 30], [10, 8]]


def test_a_plain_has_no_peaks():
    assert len(peaks(np.ones((5, 6)))) == 0


@pytest.fixture
def _small(monkeypatch):
    monkeypatch.setitem(density._SIZE, "dpi", 40)


@pytest.mark.slow
@pytest.mark.parametrize("variables", [1, 2, 3])
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.usefixtures("_small")
def test_an_animation_has_a_frame_for_each_time_and_always_the_same_bytes(variables, exact, tmp_path):
    for name in ("one.gif", "two.gif"):
        rng = np.random.default_rng(2)
        law = exact_law(rng, variables) if exact else None
        frames = animate_density(snapshots(rng, variables), law, prediction(rng, variables), LINES["a_cde"])
        style.save(frames, [tmp_path / name])
    with Image.open(tmp_path / "one.gif") as found:
        assert found.n_frames == len(TIMES)
        assert found.size == frames[0].size
        assert found.info["loop"] == 0
        assert found.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert (tmp_path / "one.gif").read_bytes() == (tmp_path / "two.gif").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("variables", [2, 5, 50])
@pytest.mark.usefixtures("_small")
def test_cells_appear_at_their_times_over_the_density_in_between(variables, rng, monkeypatch):
    drawn, draw = [], density.draw_cells

    def remember(panel, states, pair, colour, **look):
        drawn.append((states, colour))
        draw(panel, states, pair, colour, **look)

    monkeypatch.setattr(density, "draw_cells", remember)
    data, predicted = real(rng, variables), moving(rng, variables, 17)
    frames = animate_density(data, None, predicted, LINES["a_cde"])
    assert len(frames) == 17 + (density._HELD - 1) * len(TIMES)
    for (states, colour), truth, seen in zip(drawn[-9:], data.truth, data.is_observed, strict=True):
        np.testing.assert_array_equal(states, truth)
        assert colour == (style.BLACK if seen else style.VERMILLION)
    held = [frames[0].tobytes() == frame.tobytes() for frame in frames[: density._HELD + 1]]
    assert held == [True] * density._HELD + [False]


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
def test_a_long_animation_leaves_times_out(rng):
    times = np.arange(MOST_FRAMES + 30.0)
    part = [rng.poisson(4, (5, 1)) for _ in times]
    data = Snapshots(times, part, part, times % 10 == 0, ["x"], Counts(40), "heldout", "day")
    assert len(animate_density(data, None, Prediction(times, part), LINES["a_cde"])) == MOST_FRAMES


@pytest.mark.parametrize(("names", "labels"), [(SAMPLED, 4), (EXACT, 5)])
def test_the_exact_law_takes_the_place_of_samples(names, labels, rng):
    figure = plot_metrics(snapshots(rng), metrics(1, names), LINES)
    shown = [panel.get_ylabel() for panel in figure.axes if panel.get_ylabel()]
    assert len(shown) == labels
    assert any("marginals\nfrom the exact law" in label for label in shown) == (names is EXACT)
    style.save(figure, [])


@pytest.mark.parametrize(("every", "shaded"), [(4, 0), (5, 1)])
def test_what_lies_past_the_last_snapshot_is_shaded(every, shaded, rng):
    figure = plot_metrics(snapshots(rng, every=every), metrics(1), LINES)
    panels = [panel for panel in figure.axes if panel.get_ylabel()]
    spans = [[patch.get_bbox() for patch in panel.patches] for panel in panels]
    assert [len(found) for found in spans] == [shaded] * len(panels)
    assert all((box.x0, box.x1) == (5, 8) for found in spans for box in found)
    style.save(figure, [])


@pytest.mark.parametrize(("law_of_all", "judging"), [(True, "KL divergence"), (False, "likelihood")])
def test_likelihood_judges_where_the_law_is_that_of_some_variables(law_of_all, judging):
    for figure, label in (
        (plot_ablation(ablations(EXACT), "loss", law_of_all), Axes.get_xlabel),
        (plot_inference(summary(EXACT), runtime(), LINES, law_of_all), Axes.get_ylabel),
    ):
        joint = [label(panel) for panel in figure.axes if "marginals" not in label(panel)]
        assert len(joint) == 1
        assert judging in joint[0]
        style.save(figure, [])


def test_the_first_time_is_left_out_where_a_file_took_its_digits(rng):
    later = dataclasses.replace(snapshots(rng), times=TIMES + 2 / 3)
    table = metrics(1).assign(time=lambda table: (table["time"] + 2 / 3).round(10))
    assert table["time"].min() > later.times[0]
    figure = plot_metrics(later, table, LINES)
    curves = [line.get_xdata() for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    assert {len(times) for times in curves} == {len(TIMES) - 1}
    style.save(figure, [])


def test_losses_that_no_fit_has_get_no_panel(rng):
    titles = {panel.get_title() for panel in losses(fits(rng)).axes} - {""}
    assert titles == {
        "anchors of a_cde, b_ode",
        "latent path: auto-encoder",
        "learned spline: likelihood",
        "learned spline: smoothness",
        "dynamics: structural term",
        "dynamics: divergence term",
        "dynamics: roughness term",
        "dynamics: choice of the steps",
    }


def test_bins_hold_equally_many_counts_and_stay_near_the_truth():
    truth = [np.arange(301)]
    edges = bin_edges(truth, [np.full(100, 10_000)], discrete=True)
    assert np.unique(np.diff(edges)).tolist() == [(edges[1] - edges[0])]
    assert float(edges[1] - edges[0]).is_integer()
    assert edges[-1] < 700


def test_plane_keeps_distances_within_it(rng):
    anchors = rng.normal(size=(5, 2)) @ rng.normal(size=(2, 12))
    plane, shares = principal_plane(anchors)
    assert shares.sum() == pytest.approx(1)
    flat = plane(anchors)
    np.testing.assert_allclose(np.linalg.norm(flat[0] - flat[3]), np.linalg.norm(anchors[0] - anchors[3]))


def test_rule_graph_is_read_and_laid_out_in_layers():
    graph = read_rule_graph(DOT)
    assert set(graph.edges) == {("report", "all"), ("simulate", "all"), ("simulate", "report")}
    places, threads = layout(graph)
    assert [places[rule][1] for rule in ("simulate", "report", "all")] == [0, 1, 2]
    assert sorted(len(thread) for thread in threads) == [2, 2, 3]
    backwards = nx.DiGraph(sorted(graph.edges, reverse=True))
    assert layout(backwards) == (places, threads)


def test_a_rule_graph_is_written_the_same_whatever_its_order_and_read_back():
    graph = read_rule_graph(DOT)
    backwards = nx.DiGraph(sorted(graph.edges, reverse=True))
    backwards.add_node("alone")
    graph.add_node("alone")
    assert rule_graph_dot(backwards) == rule_graph_dot(graph)
    again = read_rule_graph(rule_graph_dot(graph))
    assert (set(again), set(again.edges)) == (set(graph), set(graph.edges))


@pytest.mark.slow
def test_figures_and_report_do_without_torch(root):
    modules = sorted(path.stem for path in (root / "workflow/scripts/weightflow/plots").glob("[a-z]*.py"))
    imports = [f"import weightflow.plots.{module}" for module in modules]
    program = "; ".join(["import sys", *imports, "import weightflow.report", "assert 'torch' not in sys.modules"])
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root / "workflow/scripts")


def notes(panel: Axes) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in panel.texts]


def gappy() -> pd.DataFrame:
    """Metrics with an infinite likelihood of a model at some times and of a baseline at all, and a missing distance."""
    table = metrics(2)
    at = table["time"].isin([2, 3, 4, 7]) & (table["metric"] == "nll") & (table["seed"] == 1)
    table.loc[at & (table["model"] == "a_cde"), "value"] = np.inf
    table.loc[(table["metric"] == "nll") & (table["model"] == "mixture"), "value"] = np.inf
    return table[~((table["model"] == "b_ode") & (table["metric"] == "w1_joint") & (table["time"] == 5))]


def test_a_curve_with_infinite_or_missing_values_breaks_and_says_where(rng):
    figure = plot_metrics(snapshots(rng), gappy(), LINES)
    told = {panel.get_ylabel(): notes(panel) for panel in figure.axes if panel.get_ylabel()}
    assert [said for said in told.values() if said] == [
        ["b_ode: missing at t = 5"],
        ["a_cde: infinite at t = 2 … 4, 7", "mixture of neighbours: infinite throughout"],
    ]
    panel = next(panel for panel in figure.axes if any("infinite" in note for note in notes(panel)))
    curve = next(line for line in panel.lines if line.get_color() == LINES["a_cde"].color)
    assert np.flatnonzero(np.isnan(curve.get_ydata())).tolist() == [1, 2, 3, 6]
    style.save(figure, [])


def test_a_curve_without_gaps_says_nothing(rng):
    figure = plot_metrics(snapshots(rng), metrics(2), LINES)
    assert not any(notes(panel) for panel in figure.axes)
    style.save(figure, [])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1, 2, 3], ""),
        ([np.inf] * 3, "infinite throughout"),
        ([np.nan, np.inf, 1], "infinite at t = 2; missing at t = 1"),
    ],
)
def test_a_gap_is_told(values, said):
    assert style.gap(np.arange(1.0, 4), np.array(values, dtype=float)) == said


def test_every_source_of_networks_has_a_look_of_its_own():
    assert set(LOOKS) == {*GENERATORS, "trained", "random"}
    assert len({look.colour for look in LOOKS.values()}) == len({look.marker for look in LOOKS.values()}) == len(LOOKS)
    assert look_of("flow (norms of test inputs)") == look_of("flow") != look_of("random")


def test_networks_drawn_about_codes_differ_in_colour_by_autoencoder_and_in_marker_by_method():
    drawn = [f"{name}, {method}" for name in ("structure", "behaviour") for method in DRAWINGS]
    looks = {source: look_of(source) for source in drawn}
    assert len({*looks.values(), *LOOKS.values()}) == len(looks) + len(LOOKS)
    assert not {*MARKERS.values()} & {look.marker for look in LOOKS.values()}
    assert look_of("structure, plain (norms of test inputs)") == looks["structure, plain"]
    assert looks["behaviour, plain"].colour == colour_of_autoencoder("behaviour, plain")


def test_networks_have_the_colour_of_their_autoencoder():
    names = ("structure", "structure, unaligned", "structure, plain (norms of test inputs)")
    assert len({colour_of_autoencoder(name) for name in names}) == 1
    assert len({colour_of_autoencoder(name) for name in ("structure", "behaviour", "unseen")}) == 3


def test_negative_values_of_probes_are_crosses_and_missing_ones_nothing():
    (panel,) = plot_probes(probed(["weights", "structure"], ["accuracy"], 2)).axes
    assert [bar.get_height() for bar in panel.patches] == pytest.approx([0, 0.005])
    assert [len(line.get_xdata()) for line in panel.lines if line.get_marker() == "x"] == [1, 0]


def test_labels_of_variants_name_the_changed_settings_alone():
    left, right = plot_variants(variants(["base", "other"], [1, 0.5])).axes
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels == ["base", "other\ncontrastive: 0; queries.from:\nnoise"]
    assert right.get_xscale() == "log"


def test_spans_of_times_are_short():
    assert style.spans([1, 2, 3, 5, 6, 9], range(10)) == "1 … 3, 5, 6, 9"
    assert style.spans(range(0, 20, 2), range(20)) == "0, 2, 4, 6, 6 more spans"


def test_many_curves_with_gaps_share_a_note():
    with style.look():
        figure, axes = style.grid(1, 1, 3, 2)
        panel = axes[0, 0]
        panel.plot([0, 1], [0, 1])
        style.tell_gaps(panel, {**dict.fromkeys("abcd", "infinite"), "e": "", "f": "missing"}, {"f": style.BLUE})
    assert notes(panel) == ["a, b, 2 more: infinite", "f: missing"]
    assert panel.texts[1].get_color() == style.BLUE
    assert panel.get_ylim()[1] > 1.2
    style.save(figure, [])


def test_a_left_out_snapshot_with_an_infinite_likelihood_is_named_and_has_no_mean():
    scores = left_out()
    scores.loc[(scores["model"] == "a_cde") & (scores["metric"] == "nll_loo") & (scores["time"] == 2), "value"] = np.inf
    figure = plot_leave_one_out(scores, LEFT_OUT, "day")
    panel = figure.axes[1]
    assert notes(panel) == ["infinite at 2"]
    assert len([line for line in panel.lines if line.get_marker() == "|"]) == 1
    style.save(figure, [])


def test_runs_without_a_finite_error_are_named():
    figure = plot_inference(summary(["kl_exact"]), runtime(), LINES, True)
    assert notes(figure.axes[0]) == ["mixture of neighbours: infinite"]
    style.save(figure, [])


def test_a_level_and_a_base_without_a_finite_value_have_signs():
    table = ablations(["kl_exact"])
    table.loc[table["model"].isin(["mine", "size-4"]), "mean"] = np.inf
    along, rows = plot_ablation(table, "size", True).axes[0], plot_ablation(table, "loss", True).axes[0]
    assert sorted(notes(along)) == ["base model: infinite", "∞", "∞"]
    assert notes(rows) == ["∞"]
    assert rows.get_title("right") == "base model: ∞"
    style.save(along.figure, [])
    style.save(rows.figure, [])


def test_the_alternatives_and_the_model_say_where_their_likelihood_is_zero(rng):
    table = pd.DataFrame({"time": TIMES, "model_nll": 1.0, "other_nll": 2.0, "other": "mixture"})
    table.loc[2:4, "model_nll"] = np.inf
    table.loc[4:5, "other_nll"] = np.inf
    table["gain"] = table["other_nll"] - table["model_nll"]
    shares = pd.DataFrame([("d", "a", 0, 1.0, False, "x", 9, *[0.5] * 12)], columns=CALIBRATION)
    figure = plot_trust(Trust("between", shares, table), ["x"], "day")
    assert notes(figure.axes[2]) == [
        "the model: likelihood zero at t = 2 … 4",
        "the alternatives: likelihood zero at t = 4, 5",
    ]
    style.save(figure, [])


def test_r2_stands_for_each_variable_and_one_that_fails_is_a_cross(rng):
    table = moments_table(rng, 2, True)
    table["predicted"] = table["true"].where(table["variable"] == "x1", -table["true"])
    figure = plot_moments(table, LINES)
    for panel in figure.axes[4:]:
        crosses = {round(float(x)) for line in panel.lines if line.get_marker() == "x" for x in line.get_xdata()}
        dots = {round(float(x)) for line in panel.lines if line.get_marker() == "o" for x in line.get_xdata()}
        assert (dots, crosses) == ({0}, {1})
        assert [text.get_text() for text in panel.get_xticklabels()] == ["x1", "x2"]
    style.save(figure, [])


def test_a_curve_against_the_states_says_where_it_does_not_fall(rng):
    table = sample_sizes(["kl_exact"])
    table.loc[(table["interval"] == "first") & (table["states"] == 1000), ["mean", "falls"]] = [9.0, False]
    table.loc[(table["interval"] == "later") & (table["states"] == 200), ["mean", "falls"]] = [np.inf, False]
    figure = plot_sample_size(table, True)
    assert notes(figure.axes[0]) == [
        "before the second snapshot: does not fall at N = 1000",
        "from the second snapshot on: infinite at N = 200; does not fall at N = 200",
    ]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["50", "200", "1 000"]
    style.save(figure, [])
