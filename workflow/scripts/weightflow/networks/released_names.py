"""Names of the files of the code that was released with the paper; without torch, for checks before a run."""

import re
from collections.abc import Sequence
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
    return ""


def path_fault(times: Sequence[float]) -> str:
    """Why a released latent path cannot drive a CDE through snapshots at some times; empty if it can."""
    if len({later - earlier for earlier, later in pairwise(times)}) > 1:
        return (
            "the observed times are not evenly spaced, and the knots of the released latent path are; set "
            "dynamics.kind: ode, or observe the data set at even times."
        )
    return ""
