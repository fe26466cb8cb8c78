"""Records: what made each artefact, kept beside the results, and held against them before anything is made of them.

An artefact `results/D/x` has its record in `results/provenance/D/x.json`: the SHA-256 of what its rule wrote, the
rule's parameters (settings, seed, digest of the code), the SHA-256 of every input and the versions in use. So a file
that was damaged, edited, or belongs elsewhere is told from the one that the workflow wrote, whatever its time says.
"""

import json
import time
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from weightflow.errors import InputError, WriteError
from weightflow.provenance import input_digest, versions, visible_files
from weightflow.storage import REMEDY, is_sealed, read_json, read_metadata, write_json

ROOT = "results"
FOLDER = "provenance"
PATIENCE = 10.0  # seconds that a record may be late on a disk that machines share


@dataclass(frozen=True)
class Record:
    """What made an artefact.

    Attributes:
        path: the artefact, below the results folder.
        sha256: of its bytes, or of a folder's files.
        rule: the rule that wrote it.
        wildcards: the rule's wildcards.
        params: the rule's parameters.
        inputs: SHA-256 of each input; those that are results by their path below the results folder, after a slash.
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
    """The results folder that a path lies in, or none.

    Absolute paths are in none: a workflow's own are relative. Nor are copies of what lies in storage elsewhere.
    """
    parts = Path(path).parts
    if ROOT not in parts[:-1] or ".snakemake" in parts or Path(path).is_absolute():
        return None
    return Path(*parts[: parts.index(ROOT) + 1])


def record_file(path: str | Path) -> Path:
    """Where the record of an artefact in a results folder is."""
    root = root_of(path)
    return root / FOLDER / f"{Path(path).relative_to(root)}.json"


def read_record(path: str | Path) -> Record | None:
    """The record of an artefact; none where it has none.

    Raises:
        InputError: the record is damaged, or belongs to another artefact.
    """
    file, below = record_file(path), str(Path(path).relative_to(root_of(path)))
    if not file.is_file():
        return None
    try:
        record = Record(**read_json(file))
    except (InputError, TypeError):
        if not file.is_file():  # a job is just making the artefact anew
            return None
        record = None
    if record is None or record.path != below:
        raise InputError(f"{file}: is not the record of {path}; delete both and run again, and they are rebuilt.")
    return record


def forget(outputs: Iterable[str]) -> None:
    """Remove the records of what a job is about to write, so that none outlives its artefact.

    Raises:
        WriteError: the folder cannot be written.
    """
    for path in outputs:
        if root_of(path):
            try:
                record_file(path).unlink(missing_ok=True)
            except OSError as fault:
                raise WriteError(record_file(path), fault.strerror) from fault


def write_records(snakemake: Any) -> None:
    """Write a record of every output of a job that has ended."""
    roots = set(map(root_of, snakemake.output))
    made = {
        "rule": snakemake.rule,
        "wildcards": dict(snakemake.wildcards.items()),
        # As they are read back.
        "params": json.loads(json.dumps(dict(snakemake.params.items()))),
        "inputs": {_name(path, roots): input_digest(path) for path in snakemake.input},
        "versions": versions(),
    }
    for path in snakemake.output:
        if root := root_of(path):
            record = Record(path=str(Path(path).relative_to(root)), sha256=input_digest(path), **made)
            write_json(record_file(path), asdict(record))


def check_inputs(inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Hold a job's inputs that are results against their records.

    Args:
        inputs: of the job.
        outputs: of the job; what lies in their results folder is the workflow's. Elsewhere a folder that is called so
            is one if it has records.

    Raises:
        InputError: one is not what its rule wrote, was made from other inputs than there are now, or has no record.
    """
    own = set(map(root_of, outputs))
    for path in inputs:
        root = root_of(path)
        if root and (root in own or (root / FOLDER).is_dir()) and not is_measurement(path):
            check_artefact(path, root)


def check_artefact(path: str | Path, root: Path) -> None:
    """Hold one artefact against its record; raises as `check_inputs`."""
    record = read_record(path) or _adopted(Path(path), root) or _late(path)
    if record is None:
        raise InputError(
            f"{path}: has no record of what made it ({record_file(path)}); {REMEDY}, or keep it outside "
            f"{root}/ if it is your own."
        )
    if input_digest(path) != record.sha256:
        raise InputError(f"{path}: is not what {record.rule} wrote (damaged, edited or replaced); {REMEDY}.")
    for name, digest in record.inputs.items():
        source = root / name.removeprefix("/")
        if name.startswith("/") and source.exists() and input_digest(source) != digest:
            raise InputError(f"{path}: was made from another {source} than there is now; {REMEDY}.")


def is_measurement(path: str | Path) -> bool:
    """Whether a result is a time that Snakemake or a benchmark took: no job writes these, so none has a record."""
    return "benchmarks" in Path(path).parts or Path(path).name == "benchmarks.json"


def _late(path: str | Path) -> Record | None:
    """The record of an artefact after a while: another machine may just have written it, and it shows late here."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(PATIENCE / 10)
        if record := read_record(path):
            return record
    return None


def _adopted(path: Path, root: Path) -> Record | None:
    """The record, made now, of an artefact that is a link into a cache which workflows share; else none.

    A job of another folder made it, and wrote its record there. Tensors are held against their own digest, and say
    which rule made them with which parameters; a table says nothing of itself.

    Raises:
        InputError: the file in the cache is damaged.
    """
    files = visible_files(path)
    tensors = [file for file in files if file.suffix == ".safetensors"]
    if not files or not all(file.is_symlink() for file in files):
        return None
    for file in tensors:
        if not is_sealed(file):
            raise InputError(
                f"{path}: its file in the cache, {file.readlink()}, is damaged; delete both and run again."
            )
    made = read_metadata(tensors[0]).get("made_by", {}) if tensors else {}
    record = Record(
        path=str(path.relative_to(root)),
        sha256=input_digest(path),
        rule=made.get("rule", "unknown, from a cache"),
        wildcards=made.get("wildcards", {}),
        params=made.get("params", {}),
        inputs={},
        versions={},
    )
    write_json(record_file(path), asdict(record))
    return record


def _name(path: str, roots: Collection[Path | None]) -> str:
    """An input as its record names it; where a machine keeps it is nobody's concern, so an absolute one by its name."""
    root = root_of(path)
    if root in roots and root:
        return f"/{Path(path).relative_to(root)}"
    return Path(path).name if Path(path).is_absolute() else path
