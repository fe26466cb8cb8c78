"""The rules of the workflow and their dependencies, laid out in layers (after Sugiyama)."""

import pathlib
import random
import textwrap
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pydot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from scipy.optimize import isotonic_regression

from weightflow.plots import style

FIGURES = "figures"  # the node of all rules that draw
STARTS, SWEEPS = 40, 24
_BOX, _THREAD = 1.0, 0.45  # widths of a rule, and of an arrow that crosses a layer
_HALF = 0.26  # half the height of a box, in layers
_LETTERS = 14  # of a rule's name in a line


def draw(inputs: Any, params: Any) -> Figure:
    """From files: graph, in the language of Graphviz."""
    graph = read_rule_graph(pathlib.Path(inputs.graph).read_text(encoding="utf-8"))
    return plot_rule_graph(without_figures(graph))


def read_rule_graph(dot: str) -> nx.DiGraph:
    """Rules and edges from producer to consumer, from the text of `snakemake --rulegraph dot` or `rule_graph_dot`."""
    [parsed] = pydot.graph_from_dot_data(dot) or []
    labels = {node.get_name(): node.get_attributes().get("label") for node in parsed.get_nodes()}
    names = {node: label.strip('"') for node, label in labels.items() if label and node.isdigit()}
    graph = nx.DiGraph()
    graph.add_nodes_from(sorted(names.values()))
    edges = [(names[str(edge.get_source())], names[str(edge.get_destination())]) for edge in parsed.get_edges()]
    graph.add_edges_from(sorted((source, target) for source, target in edges if source != target))
    return graph


def without_figures(graph: nx.DiGraph) -> nx.DiGraph:
    """The graph with one node for all rules that draw a figure; they are too many for a page."""
    joined = {rule: FIGURES if rule.startswith(("plot_", "animate_")) else rule for rule in graph}
    found = nx.DiGraph()
    found.add_nodes_from(sorted(set(joined.values())))
    pairs = sorted({(joined[source], joined[target]) for source, target in graph.edges})
    found.add_edges_from((source, target) for source, target in pairs if source != target)
    return found


def rule_graph_dot(graph: nx.DiGraph) -> str:
    """Rules and dependencies in the language of Graphviz, in the order of their names."""
    rules = sorted(graph)
    nodes = [f'    {k}[label = "{rule}"];' for k, rule in enumerate(rules)]
    edges = [f"    {rules.index(source)} -> {rules.index(target)};" for source, target in sorted(graph.edges)]
    return "\n".join(["digraph rules {", *nodes, *edges, "}", ""])


def plot_rule_graph(graph: nx.DiGraph) -> Figure:
    """Rules from top to bottom; arrows implied by longer paths are left out."""
    with style.look():
        if not graph:
            return style.empty("The workflow has no rules.")
        places, threads = layout(nx.transitive_reduction(graph))
        depth = 1 + max(y for _, y in places.values())
        figure, axes = style.grid(1, 1, style.PAGE, 1.35 * style.CM * depth)
        panel = axes[0, 0]
        panel.set_axis_off()
        panel.invert_yaxis()
        for thread in threads:
            _draw_arrow(panel, [places[node] for node in thread])
        box = {"boxstyle": "round,pad=0.45", "facecolor": "#eef4f9", "edgecolor": style.BLUE, "linewidth": 0.8}
        for rule in graph:
            name = textwrap.fill(rule.replace("_", " "), _LETTERS)
            panel.text(*places[rule], name, ha="center", va="center", fontsize=6, bbox=box, zorder=3)
        across = [x for x, _ in places.values()]
        panel.set_xlim(min(across) - _BOX / 2, max(across) + _BOX / 2)
        panel.set_ylim(depth - 0.6, -0.4)
    return figure


def layout(graph: nx.DiGraph) -> tuple[dict[object, tuple[float, float]], list[list[object]]]:
    """Places of the nodes of an acyclic graph.

    Returns:
        (x, layer) of every node and of the bends of long edges, and every edge as its sequence of nodes and bends.
    """
    depth = {node: y for y, layer in enumerate(nx.topological_generations(graph)) for node in sorted(layer)}
    # Sorted, since networkx returns some edges in the order of a set, which differs between runs.
    threads = [
        [source, *((source, target, y) for y in range(depth[source] + 1, depth[target])), target]
        for source, target in sorted(graph.edges)
    ]
    layers: list[list[object]] = [[] for _ in range(1 + max(depth.values()))]
    for node, y in depth.items():
        layers[y].append(node)
    neighbours: dict[object, list[object]] = {node: [] for node in graph}
    for thread in threads:
        for y, bend in enumerate(thread[1:-1], start=depth[thread[0]] + 1):
            layers[y].append(bend)
        for one, other in pairwise(thread):
            neighbours.setdefault(one, []).append(other)
            neighbours.setdefault(other, []).append(one)
    rooms = {node: _BOX if node in depth else _THREAD for layer in layers for node in layer}
    tries = []
    for start in range(STARTS):
        for layer in layers:
            random.Random(start).shuffle(layer)
        across = {node: float(i) for layer in layers for i, node in enumerate(layer)}
        for sweep in range(SWEEPS):
            for layer in layers if sweep % 2 else layers[::-1]:
                _settle(layer, across, neighbours, rooms)
        tries.append(_Try(across, _crossings(threads, across, depth)))
    best = min(tries, key=lambda found: found.cost).across  # the first of equal costs
    return {node: (best[node], float(y)) for y, layer in enumerate(layers) for node in layer}, threads


class _Try(NamedTuple):
    """A layout: the position of each node across its layer, and its cost from `_crossings`."""

    across: Mapping[object, float]
    cost: tuple[int, float]


def _crossings(
    threads: Sequence[Sequence[object]], across: Mapping[object, float], depth: Mapping[object, int]
) -> tuple[int, float]:
    """Number of crossings of arrows, and the arrows' total distance across."""
    pieces: dict[int, list[tuple[float, float]]] = {}
    for thread in threads:
        for y, (one, other) in enumerate(pairwise(thread), start=depth[thread[0]]):
            pieces.setdefault(y, []).append((across[one], across[other]))
    crossings = sum((a - c) * (b - d) < 0 for layer in pieces.values() for (a, b), (c, d) in combinations(layer, 2))
    return crossings, sum(abs(a - b) for layer in pieces.values() for a, b in layer)


def _settle(
    layer: Sequence[object],
    across: dict[object, float],
    neighbours: Mapping[object, Sequence[object]],
    rooms: Mapping[object, float],
) -> None:
    """Move a layer's nodes towards the mean of their neighbours, without overlap."""
    wanted = {n: float(np.mean([across[m] for m in neighbours[n]])) if neighbours[n] else across[n] for n in layer}
    order = sorted(layer, key=lambda node: (wanted[node], str(node)))
    room = np.array([rooms[node] for node in order])
    offsets = np.concatenate([[0], np.cumsum((room[:-1] + room[1:]) / 2)])
    stiffness = np.where(room == _THREAD, 4.0, 1.0)  # bends of arrows move less than rules
    targets = np.array([wanted[node] for node in order]) - offsets
    settled = isotonic_regression(targets, weights=stiffness).x + offsets
    across.update(zip(order, settled.tolist(), strict=True))


def _draw_arrow(panel: Axes, points: Sequence[tuple[float, float]]) -> None:
    """A smooth curve (a cubic Hermite spline) through bends, vertical at both ends."""
    knots = np.array(points, dtype=float)
    knots[[0, -1], 1] += _HALF, -_HALF - 0.04
    slopes = np.gradient(knots, axis=0) if len(knots) > 2 else np.diff(knots, axis=0).repeat(2, axis=0)
    slopes[[0, -1]] = (0, 1.5 * (knots[1, 1] - knots[0, 1])), (0, 1.5 * (knots[-1, 1] - knots[-2, 1]))
    after, before = knots[:-1] + slopes[:-1] / 3, knots[1:] - slopes[1:] / 3
    vertices = np.stack([after, before, knots[1:]], axis=1).reshape(-1, 2)
    path = Path(np.vstack([knots[:1], vertices]), [Path.MOVETO, *[Path.CURVE4] * len(vertices)])
    panel.add_patch(
        FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=6, color="#6b6b6b", linewidth=0.7, zorder=1)
    )
