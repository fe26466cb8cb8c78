"""Damaged inputs of jobs: cut, with a flipped bit, with another file's content, or from another version.

Snakemake lists the files and the jobs that read them. Of each kind of file (a named output of a rule) one is damaged in
a copy of the undisturbed run, and one of its readers runs again. The reader must stop with an error message that names
the file, or write the same bytes as before; other bytes count as wrong.
"""

import csv
import io
import json
import os
import random
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench import RIGHT, ROOT, WRONG, Bench, Outcome, outputs
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

RECORDS = Path("results/provenance")  # of each output, what made it
_STAMP = "made_by"


@dataclass(frozen=True)
class Artefact:
    """A file, or a folder of files, that is read later.

    Attributes:
        kind: what it is, for the table: the rule that made it and its name.
        path: below the run's folder.
        readers: outputs of the jobs that read it.
        others: of the same kind, of other data sets, seeds or models; where there are none, of the same format.
    """

    kind: str
    path: str
    readers: list[str]
    others: list[str]


class NotForThisError(Exception):
    """A damage that a file cannot have."""


def artefacts(bench: Bench) -> list[Artefact]:
    """One of each kind, drawn at random."""
    told = bench.run(bench.reference, flags=("--detailed-summary", "--quiet")).output
    table = told[told.index("output_file\t") :]
    rows = [row for row in csv.DictReader(io.StringIO(table), delimiter="\t") if row["input-file(s)"]]
    made_by = {row["output_file"]: row["rule"] for row in csv.DictReader(io.StringIO(table), delimiter="\t")}
    readers: dict[str, dict[str, str]] = {}  # by file, an output of each rule that reads it
    for row in rows:
        for path in row["input-file(s)"].split(","):
            if path.startswith("results/"):
                readers.setdefault(path, {}).setdefault(row["rule"], row["output_file"])
    kinds: dict[str, list[str]] = {}
    for path in sorted(readers):
        name = re.sub(r"\d+", "", Path(path).name) if "/figures/" not in path else "*.png"
        kinds.setdefault(f"{made_by.get(path, 'benchmark')}: {name}", []).append(path)
    draws, found = bench.draws("artefacts"), []
    for kind, paths in sorted(kinds.items()):
        path = draws.choice(paths)
        others = [p for p in paths if p != path] or [p for p in readers if p != path and _is_like(p, path)]
        found.append(Artefact(kind, path, sorted(readers[path].values()), others))
    return found


def _is_like(one: str, other: str) -> bool:
    return bool(Path(other).suffix) and Path(one).suffix == Path(other).suffix


def trials(bench: Bench, donor: Path | None, wanted: str, most: int, workers: int) -> Iterator[Outcome]:
    """Every damage to every kind.

    Args:
        bench: what is disturbed.
        donor: a finished run of another version; without it files are edited as another version might have made them.
        wanted: regular expression of the kinds.
        most: damages to each kind, drawn at random.
        workers: trials at a time.
    """
    damages = dict(DAMAGES)
    if (bench.reference / RECORDS).is_dir():
        damages |= RECORD_DAMAGES
    tasks = []
    for artefact in artefacts(bench):
        if re.search(wanted, artefact.kind):
            draws = bench.draws("corrupt", artefact.kind)
            chosen = draws.sample(sorted(damages), min(most, len(damages)))
            # All readers in turn, and times kept and new by turns.
            tasks += [(artefact, name, k, draws.random() < 0.5) for k, name in enumerate(chosen)]
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda task: _trial(bench, donor, damages[task[1]], *task), tasks)


def _trial(bench: Bench, donor: Path | None, damage: Callable, artefact: Artefact, name: str, k: int, kept: bool):
    reader = artefact.readers[k % len(artefact.readers)]
    what = f"{artefact.path}, {'old' if kept else 'new'} time, read for {reader}"
    fault = f"artefact {name}"
    draws = bench.draws("corrupt", artefact.kind, name)
    folder = bench.copy(f"corrupt-{threading.get_ident()}")
    try:
        if artefact.kind.startswith("benchmark"):
            raise NotForThisError("seconds that Snakemake measured, of which nobody keeps a record")
        path = folder / artefact.path
        if path.is_dir():
            path = draws.choice(sorted(path.glob("[!.]*")))
        other = folder / draws.choice(artefact.others) if artefact.others else None
        if other and other.is_dir():
            other = draws.choice(sorted(other.glob("[!.]*")))
        before, times = path.read_bytes(), path.stat()
        damage(Damaged(folder, path, other, donor and donor / path.relative_to(folder)), draws)
        if path.read_bytes() == before and name in DAMAGES:
            raise NotForThisError("the other file is the same")
        if kept:
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        ended = bench.run(folder, reader, flags=("--forcerun", reader))
        if ended.status:
            return bench.judge(fault, what, ended, folder, wants=Path(artefact.path).name)
        alone = "\n1 job done in " in ended.output  # else what it reads is measured anew
        unlike = _differences(bench, folder, path, reader if alone else None)
        return Outcome(fault, what, WRONG if unlike else RIGHT, "; ".join(unlike[:3]))
    except NotForThisError as reason:
        return Outcome(fault, what, "skipped", str(reason))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _differences(bench: Bench, folder: Path, damaged: Path, reader: str | None) -> list[str]:
    """Files other than the damaged one that hold other numbers than in the undisturbed run."""
    found = {path for path in outputs(folder / "results") if path != damaged}
    found |= {folder / reader} if reader and (folder / reader).is_file() else set()
    unlike = []
    for path in sorted(found):
        name = path.relative_to(folder)
        if not _same(path, bench.reference / name):
            unlike.append(f"{name} differs")
    return unlike


def _same(one: Path, other: Path) -> bool:
    """Whether two files hold the same, but for the stamp of what they were made from."""
    if one.read_bytes() == other.read_bytes():
        return True
    if one.suffix != ".safetensors":
        return False
    contents = []
    for path in (one, other):
        tensors, metadata = _tensors(path)
        said = {key: json.loads(value) for key, value in metadata.items()}
        for value in said.values():
            value.pop(_STAMP, None)
        contents.append((said, {key: (str(t.dtype), t.shape, t.tobytes()) for key, t in tensors.items()}))
    return contents[0] == contents[1]


@dataclass(frozen=True)
class Damaged:
    """What a damage has to work with: the run's folder, the file, another of its kind, that of another version."""

    folder: Path
    path: Path
    other: Path | None
    foreign: Path | None

    def record(self, path: Path | None = None) -> Path:
        """Where the record of a file is, or of the folder that it is in."""
        place = (path or self.path).relative_to(self.folder / "results")
        for name in (place, place.parent):
            record = self.folder / RECORDS / f"{name}.json"
            if record.is_file():
                return record
        raise NotForThisError("it has no record")


def truncated(it: Damaged, draws: random.Random) -> None:
    """Cut at a random byte."""
    content = it.path.read_bytes()
    it.path.write_bytes(content[: draws.randrange(len(content))])


def flipped(it: Damaged, draws: random.Random) -> None:
    """Flip one random bit."""
    content = bytearray(it.path.read_bytes())
    content[draws.randrange(len(content))] ^= 1 << draws.randrange(8)
    it.path.write_bytes(content)


def swapped(it: Damaged, draws: random.Random) -> None:
    """Put another of its kind in its place."""
    if it.other is None:
        raise NotForThisError("it is the only one of its kind")
    it.path.write_bytes(it.other.read_bytes())


def of_another_version(it: Damaged, draws: random.Random) -> None:
    """Put another version's file in its place, or edit a number in it and leave all else."""
    if it.foreign is not None:
        if not it.foreign.is_file():
            raise NotForThisError("the other version has none")
        it.path.write_bytes(it.foreign.read_bytes())
    elif it.path.suffix == ".safetensors":
        _edit_tensors(it.path, draws)
    elif it.path.suffix == ".png":
        with Image.open(it.path) as image:
            edited = image.convert("RGB")
        edited.putpixel((0, 0), (1, 2, 3))
        edited.save(it.path)
    else:
        _edit_number(it.path, draws)


def record_deleted(it: Damaged, draws: random.Random) -> None:
    """Delete the file's record."""
    it.record().unlink()


def record_truncated(it: Damaged, draws: random.Random) -> None:
    """Cut the file's record at a random byte."""
    record = it.record()
    content = record.read_bytes()
    record.write_bytes(content[: draws.randrange(len(content))])


def record_of_another(it: Damaged, draws: random.Random) -> None:
    """Put another file's record in place of the file's."""
    if it.other is None:
        raise NotForThisError("it is the only one of its kind")
    it.record().write_bytes(it.record(it.other).read_bytes())


def swapped_with_record(it: Damaged, draws: random.Random) -> None:
    """Put another of its kind in its place, and its record with it."""
    record_of_another(it, draws)
    swapped(it, draws)


DAMAGES = {
    "truncated": truncated,
    "with a bit flipped": flipped,
    "swapped": swapped,
    "of another version": of_another_version,
}
RECORD_DAMAGES = {
    "without its record": record_deleted,
    "with its record cut": record_truncated,
    "with another's record": record_of_another,
    "swapped with its record": swapped_with_record,
}


def other_version(bench: Bench) -> Path:
    """A finished run of a copy of the sources in which a library module is edited: every draw is another one."""
    donor, sources = bench.scratch / "other-version", bench.scratch / "other-sources"
    if donor.is_dir():
        return donor
    shutil.copytree(ROOT, sources, ignore=shutil.ignore_patterns(".*", "__pycache__", "results", "data"))
    module = sources / "workflow" / "scripts" / "weightflow" / "seeding.py"
    text = module.read_text(encoding="utf-8")
    edited = text.replace("SeedSequence([", "SeedSequence([1, ", 1)
    if edited == text:
        raise RuntimeError("the edit of seeding.py does not fit it any more")
    module.write_text(edited, encoding="utf-8")
    ended = bench.run(donor, flags=("--snakefile", str(sources / "Snakefile")))
    if ended.status:
        raise RuntimeError(f"the other version's run failed: {ended.output[-2000:]}")
    return donor


def _tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def _edit_tensors(path: Path, draws: random.Random) -> None:
    tensors, metadata = _tensors(path)
    array = tensors[draws.choice([name for name, array in sorted(tensors.items()) if array.size])]
    place = draws.randrange(array.size)
    value = array.reshape(-1)[place]
    array.reshape(-1)[place] = not value if array.dtype == bool else value + (1 if array.dtype.kind in "iu" else 0.5)
    save_file(tensors, path, metadata=metadata)


def _edit_number(path: Path, draws: random.Random) -> None:
    text = path.read_text(encoding="utf-8")
    numbers = list(re.finditer(r"(?<![\w.])\d+\.\d+(?![\w.])", text)) or list(
        re.finditer(r"(?<![\w.])\d+(?![\w.])", text)
    )
    if not numbers:
        raise NotForThisError("it holds no number")
    number = draws.choice(numbers)
    value = f"{float(number[0]) + 1:.6f}" if "." in number[0] else str(int(number[0]) + 1)
    path.write_text(text[: number.start()] + value + text[number.end() :], encoding="utf-8")
