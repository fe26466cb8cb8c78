"""Records: the provenance of each artefact, kept beside the results.

An artefact `results/D/x` has its record in `results/provenance/D/x.json`: the SHA-256 of what its rule wrote, the
rule's parameters (settings, seed, digest of the code), the SHA-256 of every input and the versions in use. A damaged,
edited or foreign file is thus recognised whatever its modification time.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from weightflow.errors import InputError, WriteError
from weightflow.records.digests import Made, input_digest, versions
from weightflow.storage import read_json, write_json

ROOT = "results"
FOLDER = "provenance"


@dataclass(frozen=True)
class Record:
    """Provenance of an artefact.

    Attributes:
        path: the artefact, below the results folder.
        sha256: of its bytes, or of a folder's files.
        rule: the rule that wrote it.
        wildcards: the rule's wildcards.
        params: the rule's parameters.
        inputs: SHA-256 of each input by its name; that of a result is a slash and its path below the results folder.
        versions: of Python and the packages that numbers depend on.
    """

    path: str
    sha256: str
    rule: str
    wildcards: dict[str, str]
    params: dict[str, Any]
    inputs: dict[str, str]
    versions: dict[str, str]


def root_of(path: str | Path) -> Path | None:
    """The results folder that contains a path, or None.

    The workflow's own paths are relative, so absolute paths lie in no results folder. Local copies of files in remote
    storage do not either.
    """
    parts = Path(path).parts
    if ROOT not in parts[:-1] or ".snakemake" in parts or Path(path).is_absolute():
        return None
    return Path(*parts[: parts.index(ROOT) + 1])


def place_of(path: str | Path) -> tuple[Path, Path]:
    """The results folder of an artefact, and the artefact's path below it.

    Raises:
        ValueError: the artefact lies in no results folder.
    """
    if (root := root_of(path)) is None:
        raise ValueError(f"{path} is in no folder {ROOT}")
    return root, Path(path).relative_to(root)


def dataset_of(path: str | Path) -> str:
    """Data set or fold of an artefact in a results folder."""
    return place_of(path)[1].parts[0]


def record_file(path: str | Path) -> Path:
    """Path of the record of an artefact in a results folder."""
    root, below = place_of(path)
    return root / FOLDER / f"{below}.json"


def read_record(path: str | Path) -> Record | None:
    """The record of an artefact, or None.

    Raises:
        InputError: the record is damaged, or belongs to another artefact.
    """
    file, below = record_file(path), str(place_of(path)[1])
    if not file.is_file():
        return None
    try:
        record = Record(**read_json(file))
    except (InputError, TypeError):
        if not file.is_file():  # a job is remaking the artefact
            return None
        record = None
    if record is None or record.path != below or not _is_sound(record):
        raise InputError(f"{file}: is not the record of {path}; delete both and run again, and they are rebuilt.")
    return record


def forget(outputs: Iterable[str]) -> None:
    """Remove the records of a job's outputs before it writes them, so that no record outlives its artefact.

    Raises:
        WriteError: the folder cannot be written.
    """
    for path in outputs:
        if root_of(path):
            try:
                record_file(path).unlink(missing_ok=True)
            except OSError as fault:
                raise WriteError(record_file(path), fault.strerror or str(fault)) from fault


def input_digests(inputs: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each input of a job, or of its files where it is a folder."""
    return {path: input_digest(path) for path in inputs}


def unless_read(digests: Mapping[str, str | None], made: str | Path) -> list[str | None]:
    """Digests of files as a parameter of a job, which changes only if a file differs from the one that the job read.

    Args:
        digests: SHA-256 of files by their paths; None for a missing file.
        made: the job's output.

    Returns:
        None for each file before the job has run. Afterwards the parameter that the job had if it read the same
        files, else the digests.
    """
    record = read_record(made)
    if record is None:
        return [None] * len(digests)
    read = {path: record.inputs.get(_name(path, ())) for path in digests}
    given = record.params.get("contents")
    is_same = all(digest in (None, read[path]) for path, digest in digests.items())
    return given[: len(digests)] if is_same and isinstance(given, list) else list(digests.values())


def write_records(made: Made, outputs: Iterable[str], inputs: Mapping[str, str]) -> None:
    """Write a record of every output of a finished job.

    Args:
        made: the job.
        outputs: of the job.
        inputs: the digests of its inputs when it began.

    Raises:
        InputError: an input has changed since the job began.
    """
    if changed := [path for path, digest in input_digests(inputs).items() if digest != inputs[path]]:
        raise InputError(f"{changed[0]}: changed while {made.rule} was at work; run again.")
    outputs = list(outputs)
    roots = set(map(root_of, outputs))
    about = {
        "rule": made.rule,
        "wildcards": made.wildcards,
        # As `read_record` returns them.
        "params": json.loads(json.dumps(made.params)),
        "inputs": {_name(path, roots): digest for path, digest in inputs.items()},
        "versions": versions(),
    }
    for path in outputs:
        if root := root_of(path):
            write_record(Record(path=str(Path(path).relative_to(root)), sha256=input_digest(path), **about), root)


def write_record(record: Record, root: Path) -> None:
    """Write the record of an artefact in a results folder."""
    write_json(record_file(root / record.path), asdict(record))


def is_measurement(path: str | Path) -> bool:
    """Whether a result is a time measured by Snakemake or a benchmark; these have no record, as no job writes them.

    They lie in a folder `benchmarks` of a data set, also within that of a run, or of a population; a model or a
    population may have the same name.
    """
    below = place_of(path)[1].parts
    places = below[2:3] if below[0] == "populations" else below[1:3]
    return ("benchmarks" in places and below[-1].endswith(".tsv")) or below == ("benchmarks.json",)


def _is_sound(record: Record) -> bool:
    """Whether a record's parts have the right types, and its inputs lie within the results folder."""
    parts = (record.wildcards, record.params, record.inputs, record.versions)
    words = (record.sha256, record.rule, *record.wildcards.values()) if isinstance(record.wildcards, dict) else (None,)
    if not all(isinstance(part, dict) for part in parts) or not all(isinstance(word, str) for word in words):
        return False
    places = [PurePosixPath(name[1:]) for name in record.inputs if name.startswith("/")]
    return not any(place.is_absolute() or ".." in place.parts or not place.parts for place in places)


def _name(path: str, roots: Collection[Path | None]) -> str:
    """Name of an input in a record; of an absolute path only the file name, which is the same on all machines."""
    root = root_of(path)
    if root in roots and root:
        return f"/{Path(path).relative_to(root)}"
    return Path(path).name if Path(path).is_absolute() else path
