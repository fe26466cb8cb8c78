"""Adoption: records of results that no job of this folder made, but are links into a cache which workflows share."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from weightflow.errors import InputError
from weightflow.records.provenance import input_digest, visible_files
from weightflow.records.record import Record, write_record
from weightflow.storage import REMEDY, is_sealed, read_metadata

CACHE = "SNAKEMAKE_OUTPUT_CACHE"  # Snakemake's variable: the folder of the cache
_KEY = 64  # digits at the beginning of a name there, which all that one job made have in common


@dataclass(frozen=True)
class _Shared:
    """A kind of result that workflows share.

    Attributes:
        rule: that makes it.
        sources: results that it is made from, as they lie to it.
        told_by: the result of the same job whose tensors say how both were made, where it has none itself.
    """

    rule: str
    sources: tuple[str, ...] = ()
    told_by: str | None = None


_DATA = "../../../snapshots.safetensors"
_SHARED = {  # by their names, which the rules of `caching.smk` give them
    "simulated.safetensors": _Shared("simulate_system"),
    "snapshots": _Shared("train_anchors", (_DATA,)),
    "losses.csv": _Shared("train_anchors", (_DATA,), told_by="snapshots"),
    "weight_graph.safetensors": _Shared("build_weight_graph", (_DATA, "snapshots")),
}


def is_shared(path: str | Path) -> bool:
    """Whether a result is of a kind that workflows share, and a link into their cache; or a folder of such links."""
    return Path(path).name in _SHARED and bool(_in_cache(path))


def is_known(path: str | Path, record: Record) -> bool:
    """Whether a record tells of the very files in the cache that a result is a link to."""
    return _in_cache(path).keys() <= record.inputs.keys()


def adopt(path: str | Path, root: Path) -> Record:
    """Write the record of a result that `is_shared`, from what the file in the cache says of itself.

    A job of another folder made it, and wrote its record there.

    Raises:
        InputError: the file in the cache is damaged, or does not say what made it; or that is another rule, another
            seed or other data than those of a result in this place.
    """
    path = Path(path)
    kind, files = _SHARED[path.name], _in_cache(path)
    made = _stamp(path, kind)
    sources = [Path(os.path.normpath(path.parent / source)) for source in kind.sources]
    digests = {source: input_digest(source) for source in sources if source.exists()}
    seed = re.fullmatch(r"seed(\d+)", path.parent.name)
    differing = [
        *([f"by {made['rule']}"] if not made["rule"].endswith(kind.rule) else []),  # a module's has a prefix
        *(
            [f"with the seed {made['params'].get('seed')}"]
            if seed and made["params"].get("seed") != int(seed[1])
            else []
        ),
        *(f"from another {source}" for source, digest in digests.items() if digest not in made["inputs"]),
    ]
    if differing:
        raise InputError(f"{path}: is a link to what was made {differing[0]} ({path.resolve()}); {REMEDY}.")
    record = Record(
        path=str(path.relative_to(root)),
        sha256=input_digest(path),
        rule=made["rule"],
        wildcards=made["wildcards"],
        params=made["params"],
        inputs={name: input_digest(file) for name, file in files.items()}
        | {f"/{source.relative_to(root)}": digest for source, digest in digests.items()},
        versions={},
    )
    write_record(record, root)
    return record


def _stamp(path: Path, kind: _Shared) -> dict[str, Any]:
    """What the job in another folder was given, as the tensors that it made say; raises as `adopt`."""
    teller = path.parent / kind.told_by if kind.told_by else path
    if not teller.exists() or _key(teller) != _key(path):
        raise InputError(f"{path}: is a link to what another job made than {teller}; delete both and run again.")
    for file in visible_files(teller):
        if not is_sealed(file):
            raise InputError(f"{path}: its file in the cache, {file.resolve()}, is damaged; delete both and run again.")
    made = read_metadata(visible_files(teller)[0]).get("made_by", {})
    if missing := {"rule", "wildcards", "params", "inputs"} - made.keys():
        raise InputError(f"{path}: is a link to {path.resolve()}, which does not say its {min(missing)}; {REMEDY}.")
    return made


def _key(path: Path) -> str:
    """What Snakemake calls all that one job made, in the cache; nothing for what is not there."""
    return next(iter(_in_cache(path)), "")[:_KEY]


def _in_cache(path: str | Path) -> dict[str, Path]:
    """Files of one entry of the cache, by their names there: what a result is a link to, or all in its folder are."""
    path = Path(path)
    links = [path] if path.is_symlink() else visible_files(path)
    if CACHE not in os.environ or not all(link.is_symlink() for link in links):
        return {}
    cache = Path(os.environ[CACHE]).resolve()
    files = [file for file in (link.resolve() for link in links) if file.is_relative_to(cache)]
    found = {file.relative_to(cache).as_posix(): file for file in files}
    entries = {PurePosixPath(name).parts[:1] for name in found}
    return found if len(found) == len(links) and len(entries) == 1 else {}
