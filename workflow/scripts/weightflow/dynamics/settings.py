"""Settings of models: splines, latent paths, fields and their fits, and all sections together."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.anchors.settings import AnchorSettings
from weightflow.data.settings import DataSettings
from weightflow.dynamics.registry import MIXERS, PATH_METHODS, SEARCHES
from weightflow.networks.settings import BackboneSettings
from weightflow.settings import (
    AList,
    ANumber,
    AsWritten,
    ByShape,
    Common,
    Count,
    NameIn,
    NotNegative,
    Positive,
    Settings,
    Steps,
    Unique,
)
from weightflow.teaching.settings import TeacherSettings

OneOrMany = Annotated[
    Annotated[NotNegative, ANumber] | Annotated[Unique[NotNegative], Field(min_length=1), AList], ByShape
]


class SelectionSettings(Settings):
    """Choices made on a validation split of the training states."""

    validation: Annotated[float, Field(gt=0, le=0.5), AsWritten] = 0.2
    """Share of each snapshot that is put aside while candidates are compared; the final fit uses all."""
    steps: Steps = 1000
    """Optimisation steps of each candidate's spline."""
    search: Annotated[str, NameIn(SEARCHES)] = "in_turn"
    """How the best of several widths, roughnesses and curvatures is searched for, in this order."""
    every: Steps = 10
    """Steps between two judgements where the number of steps of the dynamics is chosen."""


class SplineSettings(Settings):
    """The learned weight-space spline, a model of its own (dynamics.kind) or the start of a field (dynamics.start)."""

    knots: Annotated[int, Field(ge=1, le=1000)] = 4
    """Intervals between knots in each interval between snapshots."""
    first_knots: Annotated[int, Field(ge=1, le=1000)] = 8
    """Those in the first interval, shortest at the start."""
    steps: Annotated[int, Field(ge=0, le=10_000_000)] = 3000
    """Optimisation steps; 0 leaves the natural spline through the anchors as it is."""
    times: Annotated[int, Field(ge=1, le=10_000)] = 12
    """Random times in each step."""
    batch: Count = 256
    """States at each of these times."""
    learning_rate: Positive = 0.03
    """Adam's learning rate at the start; it decays by a cosine to a fiftieth."""
    curvature: OneOrMany = (10, 100, 1000)
    """Weight of the mean squared second difference between neighbouring knots (smoothness in time); of a list, the
    value with the best likelihood of the validation split is taken, as selection.search says."""
    roughness: OneOrMany = (0.003, 0.0001, 0.01)
    """Weight of the squared third differences of the output layer along the counts (smoothness over counts); a list as
    for curvature."""


class PathSettings(Settings):
    """The latent path that drives the CDE."""

    method: Annotated[str, NameIn(PATH_METHODS)] = "autoencoder"
    """How the anchors' weights are reduced."""
    z_dim: Annotated[int, Field(ge=1, le=4096)] = 1
    """Dimensions of the path, at most the number of observed snapshots minus one."""
    neighbours: Count = 3
    """Neighbours of each anchor in isomap."""
    autoencoder_width: Annotated[int, Field(ge=1, le=65_536)] = 64
    """Hidden units of the auto-encoder."""
    autoencoder_steps: Steps = 1000
    """Optimisation steps of the auto-encoder."""
    autoencoder_rate: Positive = 0.003
    """Adam's learning rate for the auto-encoder."""
    structural: NotNegative = 1.0
    """Weight of the auto-encoder's mean squared error of standardised weights."""
    behavioural: NotNegative = 0.0
    """Weight of the behavioural loss: the negative log-likelihood per variable of the decoded weights on their own
    snapshot, minus that of the anchor."""


class DynamicsSettings(Settings):
    """The field that moves the weights."""

    kind: Annotated[Literal["cde", "ode", "spline"], Common] = "spline"
    """cde is driven by the latent path; ode by time alone, so it continues past the last snapshot by itself; spline has
    no field and is the learned weight-space spline (for cde and spline see continuation)."""
    start: Literal["rest", "spline"] = "rest"
    """The field before training: spline is the derivative of the learned spline (of the anchors' spline with
    spline.steps 0), which training corrects; rest is the paper's, with zero rates."""
    time_channel: bool = False
    """Whether time itself is a channel of the CDE's path."""
    mixer: Annotated[str, NameIn(MIXERS)] = "attention"
    """How the graph network's tokens, one for each neuron, exchange information."""
    width: Annotated[int, Field(ge=1, le=4096)] = 64
    """Width of the tokens."""
    layers: Annotated[int, Field(ge=1, le=64)] = 2
    """Layers of the token transformer."""
    heads: Annotated[int, Field(ge=1, le=1024)] = 4
    """Attention heads; they must divide the width."""
    feedforward: Annotated[int, Field(ge=1, le=65_536)] = 128
    """Hidden units between attention layers."""


class ContinuationSettings(Settings):
    """How the model continues past the last snapshot; a change of it needs no new fit.

    A neural ODE is solved further in any case.
    """

    weights: Literal["linear", "constant"] = "linear"
    """The learned spline, and the curve of a field that starts at it: linear continues with the last slope, constant
    with the last weights."""
    path: Literal["linear", "constant"] | None = None
    """The latent path of a CDE: linear continues with the last slope, constant with the last value (a time channel
    continues); null ends at the last snapshot, and times past it are refused."""


class SolverSettings(Settings):
    """How the dynamics are solved."""

    method: Literal["rk4", "dopri5"] = "rk4"
    """rk4 takes fixed steps, dopri5 adapts them to the tolerances."""
    substeps: Annotated[int, Field(ge=1, le=1000)] = 1
    """rk4 steps in the interval between two snapshots."""
    rtol: Annotated[float, Field(gt=0, le=0.1), AsWritten] = 0.0001
    """Relative tolerance of dopri5."""
    atol: Annotated[float, Field(gt=0, le=0.1), AsWritten] = 1e-05
    """Absolute tolerance of dopri5."""
    adjoint: bool = False
    """Gradients by the adjoint equation, with memory that does not grow with the number of steps."""


class TrainingSettings(Settings):
    """Fitting of the dynamics."""

    steps: Steps = 400
    """Optimisation steps."""
    starts: Annotated[int, Field(ge=1, le=10_000)] = 3
    """Most starting snapshots in a step."""
    max_horizon: Count | None = 4
    """Most snapshot intervals a solution is followed over; null means all there are."""
    learning_rate: Positive = 0.01
    """Adam's learning rate."""
    schedule: Literal["constant", "cosine"] = "cosine"
    """Learning rate over the steps, constant or falling by a cosine to a fiftieth."""
    clip: Positive = 1.0
    """Largest norm of the gradient."""
    structural: NotNegative = 1.0
    """Weight of the mean squared error between evolved and anchor weights."""
    behavioural: NotNegative = 0.0
    """Weight of the negative log-likelihood on training snapshots and, where there is a teacher, on its states between
    them."""
    divergence: NotNegative = 0.0
    """Weight of the Kullback–Leibler divergence from the anchors at observed states."""
    times: Annotated[int, Field(ge=1, le=10_000)] = 12
    """Random times of the teacher in each step."""
    batch: Count = 256
    """States at each snapshot or time, for the behavioural terms."""
    energy: NotNegative = 1e-06
    """Weight λ of the path energy."""
    checkpoint_every: Annotated[int, Field(ge=0, le=10_000_000)] = 100
    """Steps between checkpoints, from which an interrupted run goes on; 0 writes none."""
    start_from: str | None = None
    """A dynamics.safetensors of the same shape to start from instead of fresh weights."""


class ModelSettings(Settings):
    """One model."""

    data: DataSettings = DataSettings()
    backbone: BackboneSettings = BackboneSettings()
    anchors: AnchorSettings = AnchorSettings()
    teacher: TeacherSettings = TeacherSettings()
    selection: SelectionSettings = SelectionSettings()
    spline: SplineSettings = SplineSettings()
    path: PathSettings = PathSettings()
    dynamics: DynamicsSettings = DynamicsSettings()
    continuation: ContinuationSettings = ContinuationSettings()
    solver: SolverSettings = SolverSettings()
    training: TrainingSettings = TrainingSettings()
