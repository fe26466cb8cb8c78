"""Settings of anchors."""

from typing import Annotated, Literal

from weightflow.anchors.registry import ALIGNMENTS
from weightflow.settings import Count, NameIn, NotNegative, Positive, Settings, Steps


class AnchorSettings(Settings):
    """Training of one backbone per observed snapshot."""

    alignment: Annotated[str, NameIn(ALIGNMENTS)] = "pooled"
    """How neighbouring anchors are kept comparable."""
    first_steps: Steps = 1000
    """Optimisation steps of the first anchor for sequential, of the fit to all snapshots for pooled, of the whole
    training for joint (a quarter of it the common start), of every anchor for rebasin and none."""
    steps: Steps = 400
    """Optimisation steps of every later anchor for sequential, of every anchor for pooled."""
    settled: Positive | None = None
    """Least gain of an anchor, in nats per state over a twentieth of the steps; one that gains less twice in a row is
    done, and the others go on without it (pooled, rebasin and none). null trains all to the end."""
    jobs: Literal["together", "all_seeds", "per_snapshot"] = "together"
    """together trains all anchors of a seed in one job, side by side where their alignment allows; all_seeds those of
    all seeds, which keeps a graphics card busy (a new seed then trains all of them again); per_snapshot gives each
    anchor a job of its own, for large networks on many machines (pooled, rebasin and none). The anchors are the
    same, but for rounding."""
    smoothness: NotNegative = 0.001
    """Weight of the squared first and second differences in time between joint anchors, against the sum of their
    negative log-likelihoods; time is counted in mean intervals between snapshots."""
    batch: Count = 256
    """States per step; snapshots with no more are used whole."""
    learning_rate: Positive = 0.01
    """Adam's learning rate at the start of each anchor; it decays by a cosine to a twentieth."""
