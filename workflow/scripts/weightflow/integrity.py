"""What is checked before a run begins: that results are what the workflow wrote, from what there is now."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from weightflow.errors import InputError
from weightflow.provenance import input_digest
from weightflow.records import FOLDER, ROOT, Record, read_record
from weightflow.storage import REMEDY

# Bytes of an artefact that is read when a run begins; what is larger is checked by the jobs that it is an input of.
LARGEST = 2**26
NAMED = 3  # faults that a sentence tells


def recorded(root: Path = Path(ROOT)) -> Iterator[tuple[Path, Record]]:
    """Every artefact in a results folder that is there and has a record, with it, in order of their names.

    Raises:
        InputError: a record is damaged, or is not that of its artefact.
    """
    for file in sorted((root / FOLDER).rglob("*.json")):
        path = root / file.relative_to(root / FOLDER).with_suffix("")
        if path.exists() and (record := read_record(path)):
            yield path, record


def check_results(root: Path = Path(ROOT)) -> None:
    """Hold the results of earlier runs against their records.

    Raises:
        InputError: results were damaged, edited or replaced; or one was made from another input than there is now,
            and modification times, by which Snakemake would tell, hide it.
    """
    known = dict(recorded(root))
    damaged = [path for path, record in known.items() if _is_damaged(path, record)]
    if damaged:
        raise InputError(f"{_named(damaged)}: not what the workflow wrote (damaged, edited or replaced); {REMEDY}.")
    stale = [path for path, record in known.items() if _is_stale_unnoticed(path, record, known, root)]
    if stale:
        raise InputError(
            f"{_named(stale)}: made from another input than there is now, though no older than it (was the clock "
            f"set back?); {REMEDY}."
        )


def check_parameters(expected: Callable[[Record], Mapping[str, Any] | None], root: Path = Path(ROOT)) -> None:
    """Hold the settings and code that results were made with against those of now, where Snakemake has forgotten.

    Args:
        expected: parameters that a run of now gives to the job of a record; nothing where it has no such job.
        root: the results folder.

    Raises:
        InputError: results were made with other settings or another version of the code.
    """
    differing = {}
    for path, record in recorded(root):
        now = expected(record)
        if now is not None:
            now = json.loads(json.dumps(now))  # as records are read back
            keys = {key for key in {*now, *record.params} if now.get(key) != record.params.get(key)}
            differing |= {path: keys} if keys else {}
    if differing:
        keys = sorted(set.union(*differing.values()))
        raise InputError(
            f"{_named(list(differing))}: made with other parameters than a run of now has ({', '.join(keys)}), and "
            f".snakemake/, which tells what to make anew, is gone; delete these, or move {root}/ away, and run again."
        )


def _is_damaged(path: Path, record: Record) -> bool:
    try:
        is_large = path.is_file() and path.stat().st_size > LARGEST
        if is_large or input_digest(path) == record.sha256:
            return False
        # A run beside this one may have written it anew in between, with its record.
        return read_record(path) == record and input_digest(path) != record.sha256
    except FileNotFoundError:  # or be about to
        return False


def _is_stale_unnoticed(path: Path, record: Record, known: Mapping[Path, Record], root: Path) -> bool:
    sources = {root / name.removeprefix("/"): digest for name, digest in record.inputs.items() if name.startswith("/")}
    changed = [source for source, digest in sources.items() if source in known and known[source].sha256 != digest]
    try:
        return any(source.lstat().st_mtime <= path.lstat().st_mtime for source in changed)
    except FileNotFoundError:
        return False


def _named(paths: list[Path]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(map(str, paths[:NAMED])) + more
