"""How work is measured: warmed up and repeated; two ways of it by turns; growth over sizes."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Work = Callable[[], Any]


@dataclass(frozen=True)
class Measured:
    """One number of a case.

    Attributes:
        what: that was measured.
        value: median over the repeats, or what was fitted.
        unit: of the value.
        target: that the value should keep to, with its sign (`≤ 12`); empty where there is none.
        repeats: single values.
        detail: whatever else explains the value, as JSON can hold it; of growth, `stage`, `axis`, `sizes`, `seconds`.
    """

    what: str
    value: float
    unit: str
    target: str = ""
    repeats: Sequence[float] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


def seconds(work: Work) -> float:
    """Wall-clock seconds of one run."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def repeated(work: Work, repeats: int = 5, warm_up: int = 1) -> list[float]:
    """Seconds of each of some runs, after others that do not count."""
    for _ in range(warm_up):
        work()
    return [seconds(work) for _ in range(repeats)]


def by_turns(ours: Work, other: Work, repeats: int = 7, warm_up: int = 2) -> tuple[list[float], list[float]]:
    """Seconds of two ways of the same work, run one after the other again and again.

    Whatever slows the machine down meanwhile slows both, so the ratios of neighbouring runs can be trusted.
    """
    for _ in range(warm_up):
        ours()
        other()
    pairs = [(seconds(ours), seconds(other)) for _ in range(repeats)]
    first, second = zip(*pairs, strict=True)
    return list(first), list(second)


def growth(sizes: Sequence[int], work_of: Callable[[int], Work], repeats: int = 3) -> tuple[float, list[float]]:
    """The exponent p of seconds ~ sizeᵖ, and the median seconds at each size.

    The exponent is fitted to the larger half of the sizes: what every run costs whatever its size hides in small ones.
    """
    found = [statistics.median(repeated(work_of(size), repeats)) for size in sizes]
    half = len(sizes) // 2 if len(sizes) > 3 else 0
    slope = np.polyfit(np.log(sizes[half:]), np.log(found[half:]), 1)[0]
    return float(slope), found
