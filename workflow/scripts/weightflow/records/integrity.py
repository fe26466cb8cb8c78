"""Checks of results against their records: a job's inputs before the job, and all results before a run."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath

from weightflow.errors import InputError
from weightflow.records.digests import input_digest
from weightflow.records.record import FOLDER, ROOT, Record, is_measurement, read_record, record_file, root_of
from weightflow.storage import REMEDY

PATIENCE = "WEIGHTFLOW_PATIENCE"  # variable: seconds to wait for other machines' files on a shared disk; default 0
# Largest artefact, in bytes, that is checked when a run begins; larger ones are checked by the jobs that read them.
LARGEST = 2**26
NAMED = 3  # faults that a sentence names


def check_inputs(inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Check a job's inputs against their records, if they are results.

    Args:
        inputs: of the job.
        outputs: of the job; their results folder belongs to the workflow. Another folder of that name is a results
            folder only if it has records.

    Raises:
        InputError: an input was changed after its rule wrote it, its own inputs have changed, or it has no record.
    """
    own = set(map(root_of, outputs))
    for path in inputs:
        root = root_of(path)
        if root and (root in own or (root / FOLDER).is_dir()) and not is_measurement(path):
            check_artefact(path, root)


def check_artefact(path: str | Path, root: Path) -> None:
    """Check one artefact against its record, repeatedly until the patience ends; raises as `check_inputs`."""
    end = time.monotonic() + float(os.environ.get(PATIENCE, 0))
    while fault := _fault(path, root):  # a file just written by another machine may appear late
        if time.monotonic() >= end:
            raise InputError(fault)
        time.sleep(1.0)


def _fault(path: str | Path, root: Path) -> str | None:
    """Fault of an artefact as a sentence, or None."""
    record = read_record(path)
    if record is None:
        return (
            f"{path}: has no record of what made it ({record_file(path)}); {REMEDY}, or keep it outside "
            f"{root}/ if it is your own."
        )
    if input_digest(path) != record.sha256:
        return f"{path}: is not what {record.rule} wrote (damaged, edited or replaced); {REMEDY}."
    for name, digest in record.inputs.items():
        source = root / name.removeprefix("/")
        if name.startswith("/") and source.exists() and input_digest(source) != digest:
            return f"{path}: {source} has changed since this was made from it; {REMEDY}."
    return None


def recorded(root: Path = Path(ROOT)) -> Iterator[tuple[Path, Record]]:
    """Existing artefacts of a results folder with their records, in order of their names.

    Raises:
        InputError: a record is damaged or belongs to another artefact.
    """
    for file in sorted((root / FOLDER).rglob("*.json")):
        path = root / file.relative_to(root / FOLDER).with_suffix("")
        if path.exists() and (record := read_record(path)):
            yield path, record


def check_results(root: Path = Path(ROOT), concerns: Callable[[PurePath], bool] = lambda below: True) -> None:
    """Check the results of earlier runs against their records.

    Args:
        root: the results folder.
        concerns: whether an artefact is checked, by its path below the results folder; by default all are.

    Raises:
        InputError: results were damaged, edited or replaced; or an input of a result has changed, but its
            modification time does not show this to Snakemake.
    """
    if damaged := _confirmed(_damaged, root, concerns):
        raise InputError(f"{named(damaged)}: not what the workflow wrote (damaged, edited or replaced); {REMEDY}.")
    if stale := _confirmed(_stale_unnoticed, root, concerns):
        raise InputError(
            f"{named(stale)}: an input has changed since, but its time is not newer (was the clock "
            f"set back?); {REMEDY}."
        )


def _confirmed(search: Callable[[Path], list[Path]], root: Path, concerns: Callable[[PurePath], bool]) -> list[Path]:
    """Faulty results found by two searches in a row: another run may be between writing a result and its record."""
    found = [path for path in search(root) if concerns(path.relative_to(root))]
    return [path for path in search(root) if path in found] if found else []


def _damaged(root: Path) -> list[Path]:
    known = dict(recorded(root))
    read = {root / name.removeprefix("/") for record in known.values() for name in record.inputs}
    return [path for path, record in known.items() if _is_damaged(path, record, is_read=path in read)]


def _is_damaged(path: Path, record: Record, is_read: bool) -> bool:
    try:
        is_left_to_jobs = is_read and path.is_file() and path.stat().st_size > LARGEST
        return not is_left_to_jobs and input_digest(path) != record.sha256
    except FileNotFoundError:  # just being written
        return False


def _stale_unnoticed(root: Path) -> list[Path]:
    known = dict(recorded(root))
    return [path for path, record in known.items() if _is_stale_unnoticed(path, record, known, root)]


def _is_stale_unnoticed(path: Path, record: Record, known: Mapping[Path, Record], root: Path) -> bool:
    sources = {root / name.removeprefix("/"): digest for name, digest in record.inputs.items() if name.startswith("/")}
    changed = [source for source, digest in sources.items() if source in known and known[source].sha256 != digest]
    try:
        return any(source.lstat().st_mtime <= path.lstat().st_mtime for source in changed)
    except FileNotFoundError:
        return False


def named(paths: list[Path]) -> str:
    """The first of several paths and the number of the others, for a sentence."""
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(map(str, paths[:NAMED])) + more
