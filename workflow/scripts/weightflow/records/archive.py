"""Archives: one file with all results needed to regenerate figures, tables and the report.

A gzipped tar file whose first member, `SHA256SUMS`, lists the digests of the others for `sha256sum -c`.
The same results give the same bytes.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from weightflow.errors import InputError, shown
from weightflow.records.digests import visible_files
from weightflow.records.integrity import recorded
from weightflow.records.lineage import lineage
from weightflow.records.record import ROOT, Record, is_measurement, place_of, record_file
from weightflow.settings import Plain
from weightflow.storage import atomic, file_digest
from weightflow.systems.entries import files_of
from weightflow.yaml_files import config_text, read_config

SUMS = "SHA256SUMS"
CONFIG = "config.yaml"
ABOUT = "README.md"
SYSTEMS = "systems"  # the folder of the system files and their models
LARGEST_SUMS = 2**26  # bytes of the list of digests
_FILTER: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4 has it
README = """# Archived results

The results from which the figures, tables and report of a run are made, with their records (`results/provenance/`).
`sha256sum -c SHA256SUMS` checks that the files are complete. To make figures, tables and report again, without
training, in a checkout of the workflow:

    make figures ARCHIVE=this-file.tar.gz FOLDER=new-folder

Afterwards `sha256sum -c SHA256SUMS` in the new folder compares them with the archived ones.
"""


class _Bounded(gzip.GzipFile):
    """A gzip file with a limit on the bytes of one read: tarfile reads a header's declared length at once."""

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes; raises tarfile.ReadError if more are requested than this workflow's archives need."""
        if size is None or not 0 <= size <= LARGEST_SUMS:
            raise tarfile.ReadError("a header without an end")
        return super().read(size)


def archived_files(targets: Iterable[str], regenerated: Collection[str]) -> dict[str, Path]:
    """The files to regenerate targets from, and the regenerated files.

    Args:
        targets: artefacts to regenerate, of one results folder.
        regenerated: rules that are run again; the outputs of other rules are archived.

    Returns:
        Every file, by its name in an archive.

    Raises:
        InputError: an artefact other than a measured time has no record, or its file is missing.
    """
    targets = list(targets)
    root, _ = place_of(targets[0])
    jobs = defaultdict(list)  # artefacts by job: a target may be one of several
    for _, record in recorded(root):
        jobs[_job(record)].append(record.path)
    queue = [str(Path(target).relative_to(root)) for target in targets]
    taken: set[str] = set()
    records: set[str] = set()  # artefacts whose records are archived: those in `taken` and their ancestry
    while queue:
        path = queue.pop()
        if path in taken:
            continue
        taken.add(path)
        if is_measurement(root / path):
            continue
        made, *_ = known = lineage(root / path)
        records |= {record.path for record in known}
        if made.rule in regenerated:
            queue += jobs[_job(made)]
            queue += [name[1:] for name in made.inputs if name.startswith("/")]
    files = [file for path in taken for file in _files(root / path)] + [record_file(root / path) for path in records]
    return {f"{ROOT}/{file.relative_to(root)}": file for file in sorted(files)}


def write_archive(path: str | Path, files: Mapping[str, Path], config: Plain, systems: Iterable[str]) -> None:
    """Pack files with the configuration.

    Args:
        path: the archive to write.
        files: as `archived_files` gives them.
        config: the complete configuration.
        systems: systems that the configuration gives by the paths of their files.

    Raises:
        InputError: a file of a system has a name that `unpack` would refuse.
    """
    names = _system_names(systems)
    packed = {system: names[os.path.abspath(system)] for system in systems}
    datasets = {
        name: entry | ({"system": packed[entry["system"]]} if entry["system"] in packed else {})
        for name, entry in config["datasets"].items()
    }
    contents: dict[str, bytes | Path] = {**files}
    contents |= {name: Path(source) for source, name in names.items()}
    contents[CONFIG] = config_text({**config, "datasets": datasets}).encode()
    contents[ABOUT] = README.encode()
    sums = "".join(f"{_digest(contents[name])}  {name}\n" for name in sorted(contents)).encode()
    with (
        atomic(path) as temporary,
        open(temporary, "wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in [(SUMS, sums), *sorted(contents.items())]:
            _add(tar, name, content)


def unpack(path: str | Path, folder: str | Path) -> int:
    """Unpack an archive into a new folder, completely or not at all.

    Nothing in an archive is trusted: only plain files with the names that `write_archive` gives are written, by
    `tarfile`'s data filter, and each must have its checksum in the archive's list.

    Returns:
        Number of files.

    Raises:
        InputError: the file is not an archive of this workflow, is damaged, or has other members; or the folder
            exists.
    """
    path, folder = Path(path), Path(folder)
    if folder.exists():
        raise InputError(f"{folder}: is there already; name a new folder to unpack into.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        with _Bounded(path) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            count = _unpack_members(path, tar, temporary)
        os.chmod(temporary, 0o755)
        os.rename(temporary, folder)
    except InputError:
        raise
    except (OSError, EOFError, zlib.error, ValueError, tarfile.TarError, RecursionError, LookupError) as fault:
        raise InputError(
            f"{path}: is not an archive of this workflow, or is damaged ({fault}); copy it again."
        ) from fault
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return count


def _unpack_members(path: Path, tar: tarfile.TarFile, folder: Path) -> int:
    first = tar.next()
    listing = tar.extractfile(first) if first is not None and first.isfile() and first.size <= LARGEST_SUMS else None
    if first is None or listing is None or first.name != SUMS:
        raise InputError(f"{path}: does not begin with {SUMS}; give an archive that `snakemake archive` made.")
    text = listing.read().decode("utf-8")
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in text.splitlines())}
    room, written = shutil.disk_usage(folder).free, set()
    while (member := tar.next()) is not None:
        name = member.name
        if not member.isfile() or not _is_ours(name) or name not in sums or name in written:
            raise InputError(f"{path}: holds {shown(name)!r}, which is foreign to archives; do not use it.")
        room -= member.size
        if room < 0:
            raise InputError(
                f"{path}: is larger, unpacked, than the free space in {folder.parent}; make room, or do not use it."
            )
        tar.extract(member, folder, **_FILTER)
        if file_digest(folder / name) != sums[name]:
            raise InputError(f"{path}: its {name} is damaged, the checksum differs; copy the archive again.")
        written.add(name)
    if missing := sorted(set(sums) - written):
        raise InputError(f"{path}: lacks {missing[0]}, which its list names; copy the archive again.")
    if not written:
        raise InputError(f"{path}: holds nothing; give an archive that `snakemake archive` made.")
    (folder / SUMS).write_text(text, encoding="utf-8")
    for name in written:
        if name == CONFIG or PurePosixPath(name).name == "settings.yaml":
            _check_config(path, folder / name)
    return len(written)


def _check_config(path: Path, config: Path) -> None:
    """Refuse a configuration that is not plain data, because Snakemake would run it."""
    try:
        read_config(config)
    except InputError as fault:
        raise InputError(f"{path}: its {config.name} is no configuration of this workflow; do not use it.") from fault


def _is_ours(name: str) -> bool:
    """Whether a member's name is one that `write_archive` gives."""
    pure = PurePosixPath(name)
    plain = str(pure) == name and not pure.is_absolute() and not any(part.startswith(".") for part in pure.parts)
    is_below = len(pure.parts) > 1 and pure.parts[0] in (ROOT, SYSTEMS)
    return plain and "\\" not in name and name.isprintable() and (name in (CONFIG, ABOUT) or is_below)


def _system_names(systems: Iterable[str]) -> dict[str, str]:
    """Names in an archive of system files and their SBML models, by absolute path.

    Relative positions are kept, so that a system file's path to its model stays valid.
    """
    files = {os.path.abspath(file) for system in systems for file in files_of(system)}
    if not files:
        return {}
    common = os.path.commonpath([os.path.dirname(file) for file in files])
    names = {file: f"{SYSTEMS}/{Path(file).relative_to(common).as_posix()}" for file in sorted(files)}
    for file, name in names.items():
        if not _is_ours(name):
            raise InputError(f"{file}: has a name that archives do not take (hidden, or not printable); rename it.")
    return names


def _job(record: Record) -> str:
    """The job of a rule that is run again: its outputs lie in one folder, that of another run in another."""
    return json.dumps([record.rule, record.wildcards, str(Path(record.path).parent)], sort_keys=True)


def _files(path: Path) -> list[Path]:
    """A file, or those of a folder."""
    if not path.exists():
        raise InputError(f"{path}: is missing and cannot be archived; run snakemake first.")
    return visible_files(path)


def _add(tar: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = 0o644
    if isinstance(content, bytes):
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    else:
        entry.size = content.stat().st_size
        with open(content, "rb") as file:
            tar.addfile(entry, file)


def _digest(content: bytes | Path) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else file_digest(content)
