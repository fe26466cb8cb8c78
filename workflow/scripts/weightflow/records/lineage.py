"""Lineage of an artefact: its sources, step by step back to the data, from the records."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from weightflow.errors import InputError
from weightflow.records.digests import input_digest
from weightflow.records.integrity import recorded
from weightflow.records.record import ROOT, Record, place_of, read_record, root_of

DIGITS = 12  # of a digest in texts


def lineage(path: str | Path) -> list[Record]:
    """The records of an artefact and of all its sources, each once, the artefact's first.

    Raises:
        InputError: the artefact has no record, or a record is damaged.
    """
    root = root_of(path)
    first = read_record(path) if root else None
    if root is None or first is None:
        raise InputError(f"{path}: there is no record of it below {ROOT}/; name a file that the workflow made there.")
    return ancestry([first], root)


def ancestry(records: Iterable[Record], root: Path) -> list[Record]:
    """The given records and those of all sources of their artefacts, each once, the given ones first."""
    queue = list(records)
    found = {record.path: record for record in queue}
    while queue:
        for name in queue.pop(0).inputs:
            below = name.removeprefix("/")
            if name.startswith("/") and below not in found and (record := read_record(root / below)):
                found[below] = record
                queue.append(record)
    return list(found.values())


def describe_artefact(path: str | Path) -> str:
    """Settings, seeds, code, versions and inputs of an artefact and of all its sources, as text.

    Raises as `lineage`.
    """
    first, *sources = lineage(path)
    root, _ = place_of(path)
    parts = [
        f"{path}\nsha256 {first.sha256}",
        _indented("versions", first.versions),
        _step(first, root),
        *(["made from, step by step back to the data:"] if sources else []),
        *(_step(source, root) for source in sources),
    ]
    return "\n\n".join(parts) + "\n"


def describe_figures(root: Path = Path(ROOT), run: Path | None = None) -> str:
    """A line for each figure: rule, seeds of its models, digest of the code and of the figure, and file.

    Args:
        root: the results folder.
        run: folder of the run whose figures are described; by default all are.

    Raises:
        InputError: no figure has a record, or a record is damaged.
    """
    lines = ["rule  seeds  code  sha256  file"]
    for path, record in recorded(root):
        if path.parent.name == "figures" and path.is_relative_to(run or root):
            lines.append(f"{record.rule}  {_seeds(lineage(path))}  {_code(record)}  {record.sha256[:DIGITS]}  {path}")
    if len(lines) == 1:
        raise InputError(f"{run or root}: no figure here has a record; run snakemake first.")
    return "\n".join(lines) + "\n"


def _step(record: Record, root: Path) -> str:
    """A record as text, with a warning if its artefact has changed since."""
    settings = {key: value for key, value in record.params.items() if key != "code"}
    told = [f"{record.path}\n  rule {record.rule}, code {_code(record)}, sha256 {record.sha256[:DIGITS]}"]
    path = root / record.path
    if path.exists() and input_digest(path) != record.sha256:
        told.append("  THE FILE HAS CHANGED SINCE: damaged, edited or replaced")
    told += [f"  seeds {_seeds([record])}"] if _seeds([record]) else []
    told += [_indented("settings", settings, "  ")] if settings else []
    inputs = {name.removeprefix("/"): digest[:DIGITS] for name, digest in record.inputs.items()}
    told += [_indented("inputs", inputs, "  ")] if inputs else []
    return "\n".join(told)


def _seeds(records: Iterable[Record]) -> str:
    """The seeds of models and baselines that records name."""
    found = set()
    for record in records:
        seeds = record.params.get("seeds")
        told = [record.wildcards.get("seed"), *(seeds if isinstance(seeds, list) else [])]
        found |= {int(seed) for seed in told if str(seed).isdecimal()}
    return ", ".join(map(str, sorted(found)))


def _code(record: Record) -> str:
    return record.params.get("code", "unknown")


def _indented(title: str, content: object, before: str = "") -> str:
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)
    return f"{before}{title}:\n" + "\n".join(f"{before}  {line}" for line in text.splitlines())
