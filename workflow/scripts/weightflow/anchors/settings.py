"""Settings of anchors."""

from typing import Annotated, Literal

from weightflow.anchors.registry import ALIGNMENTS
from weightflow.settings import Count, NameIn, NotNegative, Positive, Seed, Settings, Steps


class AnchorSettings(Settings):
    """Training of one backbone per observed snapshot."""

    alignment: Annotated[str, NameIn(ALIGNMENTS)] = "pooled"
    """How the weights of neighbouring anchors are kept comparable."""
    first_steps: Steps = 1000
    """Optimisation steps: sequential, of the first anchor; pooled, of the fit to all snapshots; joint, of the whole
    training (a quarter of them for the common start); rebasin and none, of every anchor."""
    steps: Steps = 400
    """Optimisation steps: sequential, of every later anchor; pooled, of every anchor."""
    settled: Positive | None = None
    """Early stopping of pooled, rebasin and none: an anchor stops when it gains less than this twice in a row, in nats
    per state over a twentieth of the steps; the others continue. null trains all anchors to the end."""
    jobs: Literal["together", "all_seeds", "per_snapshot"] = "together"
    """together trains all anchors of a seed in one job, in parallel if the alignment allows; all_seeds trains those of
    all seeds in one job, which uses a graphics card better (a new seed then retrains all); per_snapshot trains each
    anchor in its own job, for large networks on many machines (pooled, rebasin and none). The anchors are the same
    up to rounding."""
    smoothness: NotNegative = 0.001
    """Weight of the squared first and second differences in time between joint anchors, relative to the sum of their
    negative log-likelihoods; the unit of time is the mean interval between snapshots."""
    batch: Count = 256
    """States per step; a snapshot with fewer states is used whole."""
    sampling: Literal["drawn", "rounds"] = "drawn"
    """drawn: each batch has random states, with repeats. rounds, for sequential anchors: every state is used once
    before any is used again. Each round has a new order, and its last batch may be smaller."""
    learning_rate: Positive = 0.01
    """Adam's initial learning rate for each anchor."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Schedule of the learning rate: decaying by a cosine to a twentieth, or constant."""
    weight_decay: NotNegative = 0
    """Weight decay of AdamW: each step multiplies the weights by 1 − learning rate × decay."""
    seed: Seed | None = None
    """Seed of initial weights and batches; null takes the run's."""
