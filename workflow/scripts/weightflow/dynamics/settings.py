"""Settings of models: splines, latent paths, vector fields and their training, and all sections together."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from weightflow.anchors.settings import AnchorSettings
from weightflow.data.settings import DataSettings
from weightflow.dynamics.presets import PRESETS, expand
from weightflow.dynamics.registry import MIXERS, PATH_METHODS, SEARCHES
from weightflow.networks.settings import BackboneSettings
from weightflow.settings import (
    AList,
    ANumber,
    AsWritten,
    ByShape,
    Common,
    Count,
    FilePath,
    NameIn,
    NotNegative,
    Positive,
    Seed,
    Settings,
    Steps,
    Unique,
)
from weightflow.teaching.settings import TeacherSettings

OneOrMany = Annotated[
    Annotated[NotNegative, ANumber] | Annotated[Unique[NotNegative], Field(min_length=1), AList], ByShape
]
Part = Annotated[float, Field(ge=0, le=1), AsWritten]


class SelectionSettings(Settings):
    """Choices made on a validation split of the training states."""

    validation: Annotated[float, Field(gt=0, le=0.5), AsWritten] = 0.2
    """Share of each snapshot for validation while candidates are compared; the final fit uses all states."""
    steps: Steps = 1000
    """Optimisation steps of each candidate's spline."""
    search: Annotated[str, NameIn(SEARCHES)] = "in_turn"
    """Search for the best of several softmax_up_to, hidden, roughness, kernel, independence, curvature, in this order.
    With in_turn, a list of three or more values of roughness, kernel, independence or curvature is climbed: from its
    first value in steps of size, as long as the likelihood improves, up to three values beyond its end. A step of
    kernel or independence, or beyond an end, must improve it by two standard errors. grid tries the listed values
    alone."""
    every: Steps = 10
    """Steps between two validations when the number of steps of the dynamics is chosen."""


class SplineSettings(Settings):
    """The learned weight-space spline: a model (dynamics.kind), or the start of a vector field (dynamics.start)."""

    knots: Annotated[int, Field(ge=1, le=1000)] = 4
    """Knot intervals in each interval between snapshots."""
    first_knots: Annotated[int, Field(ge=1, le=1000)] = 8
    """Knot intervals in the first interval; they are shortest at the start."""
    steps: Annotated[int, Field(ge=0, le=10_000_000)] = 3000
    """Optimisation steps; 0 keeps the natural spline through the anchors."""
    times: Annotated[int, Field(ge=1, le=10_000)] = 12
    """Random times in each step."""
    batch: Count = 256
    """States at each of these times."""
    learning_rate: Positive = 0.03
    """Adam's initial learning rate; it decays by a cosine to a fiftieth."""
    curvature: OneOrMany = (10, 100, 1000)
    """Weight of the mean squared second difference between neighbouring knots (smoothness in time). From a list, the
    value with the highest likelihood on the validation split is chosen by selection.search."""
    roughness: OneOrMany = (0.003, 0.0001, 0.01)
    """Weight of the squared third differences of the output layer along the counts (smoothness over counts); a list as
    for curvature."""
    kernel: OneOrMany = (0, 0.25, 0.5)
    """Width of Gaussian kernels around the training states, in standard deviations of the states at their time; mean
    and covariance stay. Few states need wide kernels, many none (0). A list as for curvature."""
    independence: Annotated[Annotated[Part, ANumber] | Annotated[Unique[Part], Field(min_length=1), AList], ByShape] = (
        0,
        0.25,
        0.5,
    )
    """Share of the training values that are replaced by the same variable's value in another state of the same time, so
    that dependences that few states show by chance are not learned; 0 keeps all. Variables of a linear relation keep
    theirs. A list as for curvature."""


class PathSettings(Settings):
    """The latent path that drives the CDE."""

    method: Annotated[str, NameIn(PATH_METHODS)] = "autoencoder"
    """Method that reduces the anchors' weights."""
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
    bounded: bool = False
    """Whether a tanh bounds the auto-encoder's coordinates."""
    inputs: Literal["standardised", "raw"] = "standardised"
    """Weights that the auto-encoder reads and rebuilds: without their mean over the anchors and in units of their
    deviation, or as they are."""
    coordinates: Literal["standardised", "raw"] = "standardised"
    """Coordinates of the path: scaled to mean 0 and deviation 1 over the anchors, or as the method finds them."""
    seed: Seed | None = None
    """Seed of random starts; null takes the run's."""
    structural: NotNegative = 1.0
    """Weight of the auto-encoder's mean squared error of its inputs."""
    behavioural: NotNegative = 0.0
    """Weight of the behavioural loss: the negative log-likelihood per variable of a snapshot under the decoded weights,
    minus that under its anchor."""


class DynamicsSettings(Settings):
    """The vector field of the weights."""

    kind: Annotated[Literal["cde", "ode", "spline"], Common] = "spline"
    """cde: a neural CDE driven by the latent path. ode: a neural ODE driven by time, which continues past the last
    snapshot. spline: the learned weight-space spline, without a field. For cde and spline see continuation."""
    start: Literal["rest", "spline", "random"] = "rest"
    """The field before training. rest: zero. spline: the derivative of the learned spline (of the anchors' spline with
    spline.steps 0), which training corrects. random: that of a random network, as in the released code."""
    time_channel: bool = False
    """Whether the CDE's path has time as a channel."""
    mixer: Annotated[str, NameIn(MIXERS)] = "attention"
    """Layer that mixes the graph network's tokens, one for each neuron."""
    width: Annotated[int, Field(ge=1, le=4096)] = 64
    """Width of the tokens."""
    layers: Annotated[int, Field(ge=1, le=64)] = 2
    """Layers of the token transformer, or rounds of messages."""
    heads: Annotated[int, Field(ge=1, le=1024)] = 4
    """Attention heads; they must divide the width."""
    feedforward: Annotated[int, Field(ge=1, le=65_536)] = 128
    """Hidden units between layers."""
    tokens: Literal["map", "gate"] = "map"
    """Neurons that share an input and an output map of the field: all of a linear map of the backbone (map), or of one
    gate of it (gate)."""
    map_hidden: Annotated[int, Field(ge=0, le=65_536)] = 0
    """Hidden tanh units of the maps between weights and tokens; 0 for linear maps."""
    norm: Literal["before", "after"] = "before"
    """Layer normalisation of attention. before: each sub-layer reads normalised tokens. after: the sum of a sub-layer
    and its input is normalised, as in the released code."""
    activation: Literal["gelu", "relu"] = "gelu"
    """Activation of attention's feed-forward layers."""
    dropout: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0
    """Share of attention's activations that are dropped in training. A whole solution drops the same ones, so that its
    right-hand side is a function."""
    clock: bool = True
    """Whether the network reads the time."""
    identity: bool = True
    """Whether each token has a learned vector of its own."""
    scaled: bool = True
    """Whether the network reads and moves weights in units of the anchors' deviation, without their mean."""
    span: Annotated[float, Field(gt=0, le=1), AsWritten] = 1
    """Normalised time of the last snapshot; the first has 0, and the latent path ends at 1. Below 1 the solution stops
    before the end of the path, as in the released code, which divides the times 0 … n − 1 by n."""


class ContinuationSettings(Settings):
    """Continuation of the model past the last snapshot; a change needs no new training.

    A neural ODE always continues.
    """

    weights: Literal["taught", "linear", "constant"] = "taught"
    """Continuation of the learned spline, also as the start of a field. taught: as the teacher goes on, see
    teacher.slowings, and linear after that. linear: with the last slope. constant: with the last weights."""
    path: Literal["linear", "constant"] | None = None
    """Continuation of the latent path of a CDE: linear with the last slope, constant with the last value (a time
    channel continues). null ends at the last snapshot; later times are refused."""


class SolverSettings(Settings):
    """Numerical solution of the dynamics."""

    method: Literal["rk4", "dopri5"] = "rk4"
    """rk4 has fixed steps, dopri5 adapts its steps to the tolerances."""
    substeps: Annotated[int, Field(ge=1, le=1000)] = 1
    """rk4 steps between two snapshots."""
    rtol: Annotated[float, Field(gt=0, le=0.1), AsWritten] = 0.0001
    """Relative tolerance of dopri5."""
    atol: Annotated[float, Field(gt=0, le=0.1), AsWritten] = 1e-05
    """Absolute tolerance of dopri5."""
    adjoint: bool = False
    """Whether gradients come from the adjoint equation, whose memory does not grow with the number of steps."""
    prediction: Literal["as_fitted", "each_time", "adaptive"] = "as_fitted"
    """Solution of a fitted field, with cubic polynomials between its steps. as_fitted: the steps of the fit. each_time:
    substeps of rk4 between each two times of the data, also those that are not observed. adaptive: dopri5 with these
    tolerances."""


class TrainingSettings(Settings):
    """Training of the dynamics."""

    steps: Steps = 400
    """Optimisation steps."""
    starts: Annotated[int, Field(ge=1, le=10_000)] = 3
    """Largest number of starting snapshots in a step. Not used with a teacher, where each step solves once through all
    snapshots."""
    repeats: bool = False
    """Whether starting snapshots are drawn with repeats, so that each start counts as often as it is drawn."""
    restart: bool = False
    """Whether the field's clock starts at 0 at every starting snapshot, a fault of the released code: the field then
    learns from wrong times."""
    max_horizon: Count | None = 4
    """Largest number of snapshot intervals that a solution spans; null means all. Not used with a teacher, where each
    step solves once through all snapshots."""
    learning_rate: Positive = 0.01
    """Adam's learning rate."""
    schedule: Literal["constant", "cosine"] = "cosine"
    """Schedule of the learning rate: constant, or decaying by a cosine to a fiftieth."""
    weight_decay: NotNegative = 0
    """Weight decay of AdamW."""
    clip: Positive | None = 1.0
    """Largest norm of the gradient; null does not bound it."""
    structural: NotNegative = 1.0
    """Weight of the mean squared error between evolved and anchor weights."""
    padding: bool = False
    """Whether the mean squared error is divided by the number of all token entries, with the zeros that fill them, as
    in the released code."""
    behavioural: NotNegative = 0.0
    """Weight of the negative log-likelihood of training snapshots and, with a teacher, of its states between them."""
    divergence: NotNegative = 0.0
    """Weight of the Kullback–Leibler divergence from the anchors at observed states."""
    times: Annotated[int, Field(ge=1, le=10_000)] = 12
    """Random times of the teacher in each step."""
    batch: Count = 256
    """States at each snapshot or time, for the behavioural terms."""
    energy: NotNegative = 1e-06
    """Weight λ of the path energy."""
    energy_of: Literal["deviation", "path"] = "deviation"
    """For start: spline, the path whose energy counts: the deviation from the spline, or all of it."""
    energy_until: Literal["end", "each"] = "end"
    """Energy of a solution: until its end, or the mean of those until each snapshot on the way."""
    keep: Literal["last", "best"] = "last"
    """Parameters after training: the last ones, or those at the end of the round with the least mean squared error of
    the weights."""
    round: Count = 100
    """Steps of such a round."""
    checkpoint_every: Annotated[int, Field(ge=0, le=10_000_000)] = 100
    """Steps between checkpoints, from which an interrupted run continues; 0 writes none."""
    start_from: str | None = None
    """A dynamics.safetensors of the same shape as initial weights."""


class ReleasedSettings(Settings):
    """Files of the code that was released with the paper, in place of training."""

    folder: FilePath | None = None
    """Folder of the anchors feat_t0.pt, … and of phi.pth with field and latent path. The other settings must be those
    of the files, as in the preset published. dynamics.heads and dynamics.span are not in the files and are not
    checked."""


class ModelSettings(Settings):
    """One model."""

    preset: Annotated[str, NameIn(PRESETS)] = "standard"
    """Settings to start from, in place of the defaults."""
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
    released: ReleasedSettings = ReleasedSettings()

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Any) -> Any:
        return expand(given)
