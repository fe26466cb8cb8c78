"""Adoption: records of results that no job of this folder made, but are links into a cache which workflows share."""

from pathlib import Path

from weightflow.errors import InputError
from weightflow.provenance import input_digest, visible_files
from weightflow.records import Record, write_record
from weightflow.storage import is_sealed, read_metadata


def is_shared(path: str | Path) -> bool:
    """Whether an artefact is in a cache, and a link here; or a folder of such links."""
    return bool(_in_cache(path))


def is_known(path: str | Path, record: Record) -> bool:
    """Whether a record tells of the very files in a cache that an artefact is a link to."""
    return {file.name for file in _in_cache(path)} <= set(record.inputs)


def adopt(path: str | Path, root: Path) -> Record:
    """Write the record of an artefact that `is_shared`.

    A job of another folder made it, and wrote its record there. Tensors are held against their own digest, and say
    which rule made them with which parameters; a table says nothing of itself.

    Raises:
        InputError: the file in the cache is damaged.
    """
    tensors = [file for file in visible_files(path) if file.suffix == ".safetensors"]
    for file in tensors:
        if not is_sealed(file):
            raise InputError(f"{path}: its file in the cache, {file.resolve()}, is damaged; delete both and run again.")
    made = read_metadata(tensors[0]).get("made_by", {}) if tensors else {}
    record = Record(
        path=str(Path(path).relative_to(root)),
        sha256=input_digest(path),
        rule=made.get("rule", "unknown, from a cache"),
        wildcards=made.get("wildcards", {}),
        params=made.get("params", {}),
        inputs={file.name: input_digest(file) for file in _in_cache(path)},
        versions={},
    )
    write_record(record, root)
    return record


def _in_cache(path: str | Path) -> list[Path]:
    """The files in a cache that an artefact is a link to, or that those of a folder are."""
    path = Path(path)
    links = [path] if path.is_symlink() else visible_files(path)
    return [link.resolve() for link in links] if all(link.is_symlink() for link in links) else []
