"""Settings of populations: networks of one task and architecture, their alignment, generators and auto-encoders."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.populations.architectures.settings import ArchitectureSettings, Depth, Size
from weightflow.populations.registry import INITIALISATIONS, QUERIES, REFERENCES
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.settings import (
    AsWritten,
    Count,
    Many,
    NameIn,
    NotNegative,
    Number,
    Positive,
    Settings,
    Share,
    Steps,
    Unique,
)

SNAPSHOT = "snapshot"  # the task whose inputs are states


class SnapshotSettings(Settings):
    """The states of the task snapshot.

    The data set's held-out states are the test part. The networks are many anchors of one snapshot.
    """

    dataset: str | None = None
    """One of the data sets of counts."""
    time: Number | None = None
    """An observed time; null for the last."""


class NetworkTrainingSettings(Settings):
    """Training of the networks, all side by side."""

    networks: Annotated[int, Field(ge=4, le=1_000_000)] = 100
    """Number of networks."""
    epochs: Count = 30
    """Passes over the training part."""
    checkpoints: Unique[Annotated[int, Field(ge=0, le=1_000_000)]] = ()
    """Epochs whose weights are kept beside the last ones. Auto-encoders learn all of them, flows the last."""
    batch: Count = 16
    """Examples of a step."""
    at_once: Count = 1000
    """Most networks that are trained side by side."""
    learning_rates: Annotated[Unique[Positive], Field(min_length=1)] = (0.01,)
    """Learning rates of AdamW, each decaying by a cosine to a twentieth. Where lists have several entries, the networks
    take all combinations in turn."""
    weight_decays: Annotated[Unique[NotNegative], Field(min_length=1)] = (0,)
    """Weight decays of AdamW."""
    initialisations: Annotated[Unique[Annotated[str, NameIn(INITIALISATIONS)]], Field(min_length=1)] = ("default",)
    """Initial weights."""


class AlignmentSettings(Settings):
    """The order of each network's units: that of a reference network."""

    reference: Annotated[str, NameIn(REFERENCES)] = "best"
    """The network whose order of units the others take."""
    sweeps: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Most passes over all layers; null passes until none brings a network nearer."""


class VelocitySettings(Settings):
    """The velocity of a flow over weights, and its fit."""

    width: Annotated[int, Field(ge=2, le=16_384)] = 128
    """Width of the velocity's first and last hidden layer; the middle one has half of it."""
    steps: Steps = 3000
    """Optimisation steps of AdamW, whose learning rate decays along a cosine."""
    batch: Count = 100
    """Networks of a step."""
    learning_rate: Positive = 0.001
    """AdamW's learning rate at the start."""
    weight_decay: NotNegative = 0.01
    """AdamW's weight decay."""
    ema: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0.999
    """Share of the moving average of the velocity's weights that each step keeps."""
    source: Positive = 0.1
    """Standard deviation of the noise, in units of the networks' own."""
    times: Annotated[Many[Positive], Field(min_length=2, max_length=2)] = (1, 1)
    """α and β of the Beta distribution of the flow's own time; [1, 1] is uniform."""
    coupling: Literal["independent", "optimal"] = "independent"
    """Whether noise and networks of a batch are paired at random, or by optimal transport."""


class FlowSettings(VelocitySettings):
    """Flow matching over the weights, from noise to networks."""

    alignments: Unique[Literal["aligned", "raw"]] = ("aligned", "raw")
    """Networks that a flow is fitted to: aligned ones, raw ones, or each; an empty list fits none."""
    components: Count | None = None
    """Principal components that stand for the weights; null for the weights themselves."""
    reduction: Literal["dual", "incremental"] = "dual"
    """How components are found: dual (from the products of networks, where there are far fewer than weights) or
    incremental (batch by batch)."""


class QuerySettings(Settings):
    """Inputs on which the outputs of networks are compared."""

    sources: Annotated[Unique[str], Field(min_length=1, alias="from")] = ("training", "noise")
    """training (examples that the networks learn), noise (with their mean and standard deviation), or the training part
    of another task whose inputs have the same shape, by its name."""
    count: Count = 100
    """Most inputs of each."""


class AutoencoderSettings(Settings):
    """A transformer over the tokens of each network, a latent vector and back."""

    width: Annotated[int, Field(ge=1, le=4096)] = 32
    """Width of the tokens."""
    layers: Depth = 2
    """Layers of the encoder, and of the decoder."""
    heads: Depth = 4
    """Attention heads, which divide the width."""
    feedforward: Size = 64
    """Hidden units between attention layers."""
    latent: Size = 32
    """Dimension of the latent vector."""
    steps: Steps = 1500
    """Optimisation steps of AdamW, whose learning rate decays along a cosine."""
    batch: Annotated[int, Field(ge=2, le=1_000_000)] = 64
    """Networks of a step."""
    learning_rate: Positive = 0.002
    """AdamW's learning rate at the start."""
    mixing: Annotated[float, Field(ge=0, le=1), AsWritten] = 0
    """Largest share of another network of the population that is mixed into each network of a step."""
    contrastive: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0.05
    """Weight γ of the contrastive part of the loss; the rest has 1 − γ."""
    structural: Unique[Annotated[float, Field(ge=0, le=1), AsWritten]] = ()
    """Weights β to try for the structural part of the rest; the behavioural part has 1 − β. 1 is the structural loss
    alone, and is reported beside the best of the others on validation networks. An empty list fits no auto-encoder."""
    queries: QuerySettings = QuerySettings()
    outputs: Literal["logits", "softmax"] = "logits"
    """Outputs that are compared: logits, or their softmax."""
    shares: Annotated[Many[Share], Field(min_length=2, max_length=2)] = (0.7, 0.15)
    """Shares of the networks for training and for validation; the rest tests."""


class PopulationSettings(Settings):
    """One population."""

    task: Literal[
        "iris",
        "wine",
        "breast_cancer",
        "digits",
        "mnist",
        "fashion_mnist",
        "cifar10",
        "stl10",
        "svhn",
        "eurosat",
        "snapshot",
    ]
    """What the networks learn. The first four come with scikit-learn; the files of the others are fetched to
    resources/data where they are not there (resources/tasks.yaml), and their authors' test part, where there is one, is
    the test part. With snapshot, backbones learn to name each count of a state of a data set from those before it."""
    snapshot: SnapshotSettings = SnapshotSettings()
    split: SplitSettings = SplitSettings()
    architecture: ArchitectureSettings = ArchitectureSettings()
    training: NetworkTrainingSettings = NetworkTrainingSettings()
    alignment: AlignmentSettings = AlignmentSettings()
    generated: Annotated[int, Field(ge=2, le=1_000_000)] = 100
    """Networks that each generator makes."""
    flow: FlowSettings = FlowSettings()
    autoencoder: AutoencoderSettings = AutoencoderSettings()


def others_asked(settings: PopulationSettings) -> list[str]:
    """The other tasks whose inputs a population's networks are asked, in the order of the settings."""
    return [name for name in settings.autoencoder.queries.sources if name not in QUERIES]
