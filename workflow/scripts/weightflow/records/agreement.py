"""Agreement: whether results were made with the settings and the code of now."""

import base64
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from weightflow.config.consistency import is_path
from weightflow.errors import InputError
from weightflow.records.integrity import named, recorded
from weightflow.records.lineage import ancestry
from weightflow.records.record import ROOT, Record, read_record, root_of

# Parameters that a saved result is not held against: versions, and what the drawing of the rules is made of.
PASSED_OVER = {"code", "software", "config", "rules"}


def check_parameters(expected: Callable[[Record], Mapping[str, Any] | None], root: Path = Path(ROOT)) -> None:
    """Hold the settings and code that results were made with against those of now, where Snakemake has forgotten them.

    Args:
        expected: parameters that a run of now gives to the job of a record; nothing where it has no such job.
        root: the results folder.

    Raises:
        InputError: results were made with other settings or another version of the code.
    """
    known, differing = remembered(), {}
    for path, record in recorded(root):
        now = expected(record) if known is not None and str(path) not in known else None
        if now is not None:
            now = json.loads(json.dumps(now))  # as records are read back
            keys = {key for key in {*now, *record.params} if now.get(key) != record.params.get(key)}
            differing |= {path: keys} if keys else {}
    if differing:
        keys = sorted(set.union(*differing.values()))
        raise InputError(
            f"{named(list(differing))}: made with other parameters than a run of now has ({', '.join(keys)}), and "
            f".snakemake/, which tells what to make anew, knows nothing of it; delete these, or move {root}/ away, and "
            "run again."
        )


def check_saved(
    paths: Iterable[str], expected: Callable[[Record], Mapping[str, Any] | None], redrawn: Collection[str], where: str
) -> None:
    """Hold the settings that saved results were made with against those that figures of them would tell.

    Versions may differ, and then only settings that both know are compared. Users' files that are not there any more
    are not missed, and the file of a system may be in another place, as in an archive.

    Args:
        paths: results that figures are made from; what these were made from is held too.
        expected: as for `check_parameters`.
        redrawn: rules that run anew, with the settings of now.
        where: the settings of now, as messages call them.

    Raises:
        InputError: results were made with other settings, or from another file than is there now.
    """
    paths = sorted(path for path in paths if root_of(path))
    known, differing = [record for path in paths if (record := read_record(path))], {}
    root = root_of(paths[0]) if known else None
    for record in ancestry(known, root):
        now = None if record.rule in redrawn else expected(record)
        if now is not None:
            now = json.loads(json.dumps(now))  # as records are read back
            keys = set(_differences(record.params, now, of_one_version=record.params.get("code") == now.get("code")))
            differing |= {root / record.path: keys} if keys else {}
    if differing:
        keys = ", ".join(sorted(set.union(*differing.values())))
        raise InputError(
            f"{named(list(differing))}: made with other settings than {where} has ({keys}); give the settings that "
            "they were made with, or run snakemake first, which makes them anew."
        )


def _differences(
    saved: Mapping[str, Any], now: Mapping[str, Any], of_one_version: bool, prefix: str = ""
) -> Iterator[str]:
    """Names of the settings that differ, each after those that it is a part of."""
    for key in sorted(saved.keys() | now.keys() if of_one_version else saved.keys() & now.keys()):
        old, new, name = saved.get(key), now.get(key), f"{prefix}{key}"
        if name in PASSED_OVER or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, of_one_version, f"{name}.")
        elif not (_are_same_files(old, new) if name == "contents" else key == "system" and _are_paths(old, new)):
            yield "contents of files" if name == "contents" else name


def _are_same_files(old: Any, new: Any) -> bool:
    """Whether digests of files are the same; there is none of a file that is gone."""
    both = isinstance(old, list) and isinstance(new, list) and len(old) == len(new)
    return both and all(None in pair or pair[0] == pair[1] for pair in zip(old, new, strict=True))


def _are_paths(*systems: Any) -> bool:
    """Whether systems are given by their files, whose digests are compared as `contents`."""
    return all(isinstance(system, str) and is_path(system) for system in systems)


def remembered(memory: Path = Path(".snakemake")) -> set[str] | None:
    """Outputs whose parameters Snakemake knows, so that it makes them anew by itself where these differ.

    Each has a file in `metadata/` whose name, with its folders' before it, is the output's path in base64. None where
    Snakemake keeps a database instead, of which all is there or nothing.
    """
    if (memory / "metadata.db").is_file():
        return None
    place, found = memory / "metadata", set()
    for file in place.rglob("*"):
        with suppress(ValueError):  # a file of another kind
            code = "".join(file.relative_to(place).parts).replace("@", "")
            found.add(base64.urlsafe_b64decode(code).decode())
    return found
