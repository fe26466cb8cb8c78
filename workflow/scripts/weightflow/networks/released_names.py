"""Names of the files of the code that was released with the paper; without torch, for checks before a run."""

import re
from itertools import pairwise
from pathlib import Path

FIELD = "phi.pth"  # field and latent path
_ANCHOR = re.compile(r"feat_t(\d+)\.pt")


def anchor_files(folder: str | Path) -> dict[int, Path]:
    """The files of the anchors by their times, in order."""
    files = sorted(Path(folder).glob("*"))
    found = {int(match[1]): file for file in files if (match := _ANCHOR.fullmatch(file.name))}
    return dict(sorted(found.items()))


def release_fault(folder: str | Path, times: list[float]) -> str:
    """Why the anchors in a folder are not those of snapshots at some times, as a sentence; empty if they are."""
    found = list(anchor_files(folder))
    if not found:
        return f"{folder}: has no anchors feat_t0.pt, … of the released code; name their folder."
    if found != times:
        said, asked = (", ".join(f"{time:g}" for time in some) for some in (found, times))
        return (
            f"{folder}: has anchors at the times {said}, and the observed snapshots are at {asked}; observe the data "
            "set at these times (observe_every, observe_at), or name the folder of this data set."
        )
    if len({later - earlier for earlier, later in pairwise(found)}) > 1:
        return f"{folder}: the times of its anchors are not evenly spaced, and those of the released latent path are."
    return ""
