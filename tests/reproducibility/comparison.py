"""Comparison of the files of two runs that must be equal."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

RECORDS = "provenance/"  # a record tells of the file whose path follows, and changes with it

# Paths below results/ that may differ, and why.
MAY_DIFFER = {
    "README.md": "is no result",
    "logs/*": "tell the time of every line",
    "*/logs/*": "tell the time of every line",
    "*/benchmarks/*": "seconds and memory that jobs took",
    "benchmarks.*": "what `make bench` measured",
    "figures/growth.*": "drawn from what `make bench` measured",
    "runtime.csv": "made of seconds and memory",
    "estimate.csv": "made of seconds and memory",
    "populations/runtime.csv": "made of seconds and memory",
    "*/variants.csv": "has the seconds of fits",
    "*/figures/variants.*": "draws the seconds of fits",
    "populations/report.html": "shows the seconds",
    "*/estimates/*": "seconds and memory of a little of each stage",
    "*/figures/inference.*": "draws seconds against error",
    "report.html": "shows the seconds and the figure of them",
}


@dataclass(frozen=True)
class Comparison:
    """Paths below results/, sorted: of equal bytes, of different ones, and in one of two runs alone."""

    equal: list[str]
    different: list[str]
    alone: list[str]

    @property
    def is_same(self) -> bool:
        """Whether there was something to compare, and all of it is equal."""
        return bool(self.equal) and not self.different and not self.alone


def reason(name: str) -> str | None:
    """Why a file may differ, or None where it must not.

    Args:
        name: its path below results/.
    """
    if any(part.startswith(".") for part in name.split("/")):
        return "hidden: Snakemake's own, or what a killed job was writing"
    made = name.removeprefix(RECORDS).removesuffix(".json") if name.startswith(RECORDS) else name
    return next((why for pattern, why in MAY_DIFFER.items() if fnmatch(made, pattern)), None)


def compare(one: Path, other: Path) -> Comparison:
    """Compare all that must not differ.

    Args:
        one: the results folder of a run.
        other: that of another.
    """
    ours, theirs = set(_names(one)), set(_names(other))
    same = {name for name in ours & theirs if (one / name).read_bytes() == (other / name).read_bytes()}
    return Comparison(sorted(same), sorted((ours & theirs) - same), sorted(ours ^ theirs))


def _names(results: Path) -> Iterator[str]:
    for path in results.rglob("*"):
        name = path.relative_to(results).as_posix()
        if path.is_file() and reason(name) is None:
            yield name
