"""Files on disk: safetensors for tensors, CSV for tables, JSON for small facts; always whole or absent.

Nothing is pickled. Every file is written beside its final name and renamed, so a killed job leaves
either the old file or the new one. Its temporary file is removed when the file is written next.
"""

import errno
import glob
import hashlib
import json
import os
import re
import socket
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from weightflow.errors import InputError, WriteError, shown
from weightflow.limits import check_bytes

if TYPE_CHECKING:
    import pandas as pd  # half a second to import, and many jobs write no table

# One metadata entry only: safetensors keeps its header in a hash map, whose order is not reproducible.
_METADATA_KEY = "weightflow"
_SEAL = "sha256"  # of the rest of the metadata and the arrays
_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
REMEDY = "delete it and run again, and it is rebuilt"


@dataclass(frozen=True)
class Artefact:
    """Named arrays, the `kind` of their file, and `metadata` on their provenance (settings, seed, input digests)."""

    kind: str
    tensors: dict[str, np.ndarray]
    metadata: dict[str, Any]


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed onto it when the block ends without an error.

    Raises:
        WriteError: the disk is full, or the folder cannot be written.
    """
    path, temporary = Path(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f"{_prefix(path)}{os.getpid()}.", suffix=path.suffix
        )
        os.close(handle)
        yield Path(temporary)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp's private mode would hide results from colleagues
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        if reason := refusal(error):
            raise WriteError(path, reason) from error
        raise
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def refusal(error: Exception) -> str | None:
    """Reason why a file cannot be written; None for other errors. safetensors has the error number only in its text."""
    number = getattr(error, "errno", None)
    if isinstance(error, SafetensorError) and (said := re.search(r"os error (\d+)", str(error))):
        number = int(said[1])
    return os.strerror(number) if number in _REFUSALS else None


def _prefix(path: Path) -> str:
    """Prefix of a file's temporary names on this machine; the process number follows."""
    return f".{path.name}.{socket.gethostname()}-"


def _remove_leftovers(path: Path) -> None:
    """Remove a file's temporaries that killed processes of this machine left behind."""
    for left in path.parent.glob(f"{glob.escape(_prefix(path))}*"):
        process = left.name.removeprefix(_prefix(path)).split(".")[0]
        if process.isdigit() and not Path(f"/proc/{process}").exists():
            left.unlink(missing_ok=True)


def write_tensors(path: str | Path, kind: str, tensors: Mapping[str, np.ndarray], **metadata: Any) -> None:
    """Write arrays with the settings, seed and input digests (`metadata`, JSON) that made them."""
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    content = json.loads(json.dumps({"kind": kind, **metadata}))
    header = {_METADATA_KEY: json.dumps(content | {_SEAL: _seal(content, arrays)}, sort_keys=True)}
    with atomic(path) as temporary:
        save_file(arrays, temporary, metadata=header)


def read_tensors(path: str | Path, kind: str, finite: bool = False, only: Collection[str] | None = None) -> Artefact:
    """Read what `write_tensors` wrote.

    Args:
        path: the file.
        kind: expected kind of artefact.
        finite: whether NaN and infinity are refused.
        only: names of the arrays to read, quickly and without checking the file's digest; all by default.

    Raises:
        InputError: the file is missing, truncated, not safetensors, or holds another kind of artefact, or NaN.
    """
    with _opened(path) as file:
        check_bytes(os.path.getsize(path), f"{path}: the file")
        metadata = _metadata(file)
        seal = metadata.pop(_SEAL, None)
        found = metadata.get("kind", "a foreign file")
        # A foreign file may hold types unknown to NumPy.
        names = [name for name in sorted(file.keys()) if only is None or name in only] if found == kind else []
        tensors = {name: file.get_tensor(name) for name in names}
    if found != kind:
        raise InputError(f"{path}: expected {kind}, found {shown(found)}; {REMEDY}.")
    if only is None and seal is not None and seal != _seal(metadata, tensors):
        raise InputError(f"{path}: the file is damaged, its digest does not match its content; {REMEDY}.")
    for name, array in tensors.items() if finite else ():
        if not np.isfinite(array).all():
            raise InputError(f"{path}: holds NaN or infinity in {shown(name)}; {REMEDY}.")
    return Artefact(kind, tensors, {key: value for key, value in metadata.items() if key != "kind"})


@contextmanager
def parts_of(path: str | Path) -> Iterator[None]:
    """Name the file in the error if a block that reads its parts fails.

    Raises:
        InputError: the block found a part missing or of the wrong shape or type.
    """
    try:
        yield
    except InputError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise InputError(f"{path}: a part of the file is missing or does not fit; {REMEDY}.") from error


def cut(rows: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """Split rows (N, …) into consecutive parts with the given numbers of rows.

    Raises:
        ValueError: the numbers are negative or do not sum to N.
    """
    if counts.ndim != 1 or (counts < 0).any() or counts.sum() != len(rows):
        raise ValueError(f"{len(rows)} rows are not parts of {counts} rows")
    return np.split(rows, np.cumsum(counts)[:-1]) if len(counts) else []


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Metadata of a file, its kind included, without reading its arrays; raises as `read_tensors`."""
    with _opened(path) as file:
        return {key: value for key, value in _metadata(file).items() if key != _SEAL}


def write_table(path: str | Path, table: "pd.DataFrame") -> None:
    """Write a table as CSV, floats with 10 significant digits."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.10g")


def write_json(path: str | Path, content: Any) -> None:
    """Write JSON with sorted keys."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True) + "\n")


def read_json(path: str | Path, *keys: str) -> Any:
    """Read JSON.

    Args:
        path: the file.
        keys: required keys; without them any content is allowed.

    Raises:
        InputError: the file is missing or damaged, or lacks a key.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if keys and not (isinstance(content, dict) and content.keys() >= set(keys)):
            raise InputError(f"{path}: the file lacks {', '.join(keys)}; {REMEDY}.")
        return content
    except InputError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: the file is missing or not JSON; {REMEDY}.") from error


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(path: str | Path) -> Iterator[Any]:
    if not os.path.isfile(path):
        raise InputError(f"{path}: the file is missing; run snakemake to make it.")
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except InputError:
        raise
    except (SafetensorError, ValueError, OSError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path}: the file is truncated or not safetensors; {REMEDY}.") from error


def _seal(content: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a file's metadata and arrays."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _metadata(file: Any) -> dict[str, Any]:
    content = json.loads((file.metadata() or {}).get(_METADATA_KEY, "{}"))
    return content if isinstance(content, dict) else {}
