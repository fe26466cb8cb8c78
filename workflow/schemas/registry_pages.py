"""Pages of the reference from the registries of the library."""

import re
from collections.abc import Iterable

from weightflow.baselines.registry import BASELINES, FLOORS
from weightflow.evaluation.registry import METRICS
from weightflow.plots.registry import FIGURES, Figure

METRICS_HEAD = """\
# Metrics

Made by `make docs` from `evaluation/registry.py` of the library; edit that file.

The columns of `metrics.csv` and `summary.csv`. Lower is better for all of them. The exact law is known for many
[systems](../../resources/systems/README.md); data from a file have none. A *proper* metric compares a density with the
exact law or with states that were not used for training. The others compare samples with samples; sampling noise
raises them, and the [floors](baselines.md#floors) show by how much.

"""
BASELINES_HEAD = """\
# Baselines

Made by `make docs` from `baselines/registry.py` of the library; edit that file.

Other methods that predict the same data. The key `baselines` of a config lists them; every name below is allowed.
*density*: the baseline has likelihoods. *default*: a config without the key has it. *continues*: it predicts
[past the last snapshot](../how-to/extrapolation.md).

"""
FLOORS_HEAD = """\

## Floors

A floor is the value of a metric that sampling error alone causes. No method that predicts by samples can be expected
below it.

"""
FIGURES_HEAD = """\
# Figures

Made by `make docs` from `plots/registry.py` of the library; edit that file.

Files of the default run, each as PNG and PDF, animations as GIF. A run with a name has `results/NAME/` in place of
`results/`. `DATASET`, `MODEL`, `FACTOR` and `POPULATION` stand for names of the config.
[Figures from saved results](../how-to/figures.md) draws them again.

"""


def metrics_page() -> str:
    """The page on metrics."""
    rows = [(f"`{name}`", _yes(metric.proper), metric.meaning) for name, metric in METRICS.items()]
    return METRICS_HEAD + _table(("metric", "proper", "meaning"), rows)


def baselines_page() -> str:
    """The page on baselines and floors."""
    rows = [
        (
            f"`{name}`",
            one.description,
            _yes(one.smoothing is not None or one.job == "interpolation"),
            _yes(one.standard) + (" (if times are held back)" if one.standard_past and not one.standard else ""),
            _yes(one.continues),
        )
        for name, one in BASELINES.items()
    ]
    floors = [(f"`{name}`", floor.description) for name, floor in FLOORS.items()]
    head = ("baseline", "prediction", "density", "default", "continues")
    return BASELINES_HEAD + _table(head, rows) + FLOORS_HEAD + _table(("floor", "meaning"), floors)


def figures_page() -> str:
    """The page on figures."""
    rows = [(figure.title, f"`{_file(figure)}`", figure.needs or "") for figure in FIGURES.values()]
    return FIGURES_HEAD + _table(("figure", "file", "only with"), rows)


def _file(figure: Figure) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: name[1].upper(), figure.files("results")[0])


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
