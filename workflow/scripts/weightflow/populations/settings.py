"""Settings of populations: training of the networks, alignment, generators and auto-encoders."""

from typing import Annotated, Literal

from pydantic import Field

from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.populations.registry import INITIALISATIONS, NORM_SOURCES, REFERENCES
from weightflow.populations.tasks.settings import ExampleSettings, ImageSide, Labels, SplitSettings
from weightflow.settings import (
    ASection,
    AsWritten,
    AText,
    ByShape,
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
OWN = "own"  # for fine-tuning: the population's own task
SELECTED = ("crop", "resize", "classes")  # keys that say what is kept of a task's examples


class SnapshotSettings(Settings):
    """The states of the task snapshot.

    The networks are many anchors of one snapshot. The test part is the data set's held-out states.
    """

    dataset: str | None = None
    """Name of a data set of counts."""
    time: Number | None = None
    """An observed time; null takes the last."""


class NetworkTrainingSettings(Settings):
    """Training of all networks in parallel."""

    networks: Annotated[int, Field(ge=4, le=1_000_000)] = 100
    """Number of networks."""
    epochs: Count = 30
    """Passes over the training part."""
    checkpoints: Unique[Annotated[int, Field(ge=0, le=1_000_000)]] = ()
    """Epochs after which weights are saved, besides the last. Auto-encoders are trained on all of them, flows on the
    last."""
    batch: Count = 16
    """Examples per step."""
    at_once: Count = 1000
    """Largest number of networks trained in parallel."""
    learning_rates: Annotated[Unique[Positive], Field(min_length=1)] = (0.01,)
    """Learning rates. With several values here or in the next two lists, networks cycle through all combinations."""
    weight_decays: Annotated[Unique[NotNegative], Field(min_length=1)] = (0,)
    """Weight decays: of AdamW, or added to the gradient of the other optimisers."""
    initialisations: Annotated[Unique[Annotated[str, NameIn(INITIALISATIONS)]], Field(min_length=1)] = ("default",)
    """Distributions of the initial weights."""
    optimiser: Literal["adamw", "adam", "sgd"] = "adamw"
    """AdamW, Adam, or gradient descent with momentum."""
    momentum: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0.9
    """Momentum of sgd."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Learning rate: a cosine to a twentieth, or constant."""
    clip: Positive | None = None
    """Largest norm of a network's gradient, each network's by itself; null for none."""
    augment: Literal["none", "crop_flip"] = "none"
    """Augmentation of images: none, or crop_flip, a random crop after padding with zeros by an eighth of each side, and
    a horizontal flip of every second image, drawn anew for each network and epoch."""
    dropout: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0
    """Share of the units of a vit's blocks dropped in training."""
    patience: Annotated[int, Field(ge=1, le=100)] | None = None
    """Early stopping: each network keeps the weights of its best epoch, by accuracy on the validation part, and stops
    after so many judged epochs without a better one; about twenty epochs, evenly spaced, are judged. null trains to the
    end and keeps the last weights."""


class UnitSettings(Settings):
    """A group of interchangeable hidden units."""

    rows: Annotated[Unique[str], Field(min_length=1)]
    """Maps whose outputs are the units, by their names in the module; norms that scale the units, too."""
    columns: Unique[str] = ()
    """Maps that read the units."""
    odd: bool = False
    """Whether a unit may also change its sign: its activation is odd, such as tanh, and no norm scales it."""


class LoadedSettings(Settings):
    """Networks that were trained elsewhere, in place of training."""

    files: Annotated[str, Field(min_length=1)] | Annotated[Many[str], Field(min_length=2)] | None = None
    """Their state dicts: a folder, a pattern such as runs/*.pt, or a list of files (.safetensors, .pt, .pth); null
    trains networks. Only tensors are read. Anchors of this project have task: snapshot and their backbone's keys."""
    module: str | None = None
    """FILE.py:FUNCTION, which builds the networks' module; the file is run. null recognises an MLP, a CNN or a residual
    network of the catalogue by its shapes, the section architecture first; the activation is that of the section."""
    units: Many[UnitSettings] | None = None
    """Interchangeable hidden units of a module; null finds them by tracing it, an empty list leaves all in place."""


class AlignmentSettings(Settings):
    """Permutation of each network's units to match a reference network."""

    reference: Annotated[str, NameIn(REFERENCES)] | Annotated[int, Field(ge=0, le=999_999)] = "best"
    """The reference network: by a rule, or by its number, from 0 on."""
    sweeps: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Largest number of passes over all layers; null repeats until no pass reduces the distance of a network."""
    rounds: Annotated[int, Field(ge=0, le=100)] = 0
    """Number of times that the reference is replaced by the mean of the networks aligned to it."""
    balanced: bool = False
    """Whether the incoming and the outgoing weights of each rectifier are first scaled to equal norms, which does not
    change the functions (mlp, cnn and lenet5 with activation relu or leaky_relu)."""
    heads: Literal["matched", "shared"] = "matched"
    """Units inside the attention heads of a vit or transformer: matched, those of queries and keys apart from those of
    values, with signs; or shared, in one order of queries, keys and values, as in TransFusion. The heads of a vit are
    matched by their singular values either way."""


class FlowSettings(Settings):
    """Flow matching over the weights, from noise to networks."""

    width: Annotated[int, Field(ge=2, le=16_384)] = 128
    """Width of the first and last hidden layer of the velocity network; the middle layer has half of it."""
    steps: Steps = 3000
    """Optimisation steps of AdamW; the learning rate decays by a cosine."""
    batch: Count = 100
    """Networks per step."""
    learning_rate: Positive = 0.001
    """AdamW's initial learning rate."""
    weight_decay: NotNegative = 0.01
    """AdamW's weight decay."""
    betas: Annotated[Many[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=2, max_length=2)] = (0.9, 0.999)
    """AdamW's decays of its moments."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Learning rate: a cosine to zero, or constant."""
    accumulate: Count = 1
    """Batches per step; their gradients are added up, so large networks need less memory."""
    dropout: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0
    """Share of the velocity's hidden units dropped in training."""
    zero_last: bool = False
    """Whether the velocity's last layer begins at zero: no motion."""
    keep: Literal["average", "last", "best"] = "average"
    """Parameters that are kept: the moving average, the last, or those of the least loss, averaged over a hundredth of
    the steps."""
    ema: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0.999
    """Decay of the exponential moving average of the velocity's weights, per step."""
    patience: Annotated[int, Field(ge=1, le=100)] | None = None
    """Training ends when the loss has not fallen for so many hundredths of the steps; null trains to the end."""
    coordinates: Literal["standardised", "raw"] = "standardised"
    """Coordinates of the networks: without their mean and in units of their deviation, or weights (or components) as
    they are, so that the noise is about the origin."""
    source: Positive = 0.1
    """Standard deviation of the noise that is carried to networks, in coordinates."""
    path_noise: NotNegative = 0
    """Standard deviation of the noise on the way from noise to a network, in coordinates."""
    times: Annotated[Many[Positive], Field(min_length=2, max_length=2)] = (1, 1)
    """α and β of the Beta distribution of flow time in training; [1, 1] is uniform."""
    coupling: Literal["independent", "optimal"] = "independent"
    """Pairing of noise and networks in a batch: independent, or by optimal transport."""
    alignments: Unique[Literal["aligned", "raw"]] = ("aligned", "raw")
    """Networks for training a flow: aligned, raw, or a flow for each; an empty list trains none."""
    components: Count | None = None
    """Number of principal components that replace the weights; null keeps the weights."""
    solver: Literal["dopri5", "euler", "rk4"] = "dopri5"
    """Solver that carries noise to networks; dopri5 chooses its steps."""
    solver_steps: Count = 100
    """Steps of euler and rk4."""
    reduction: Literal["dual", "incremental"] = "dual"
    """Computation of the components: dual (from inner products of networks, if these are far fewer than their weights)
    or incremental (in batches)."""


class CorrectionSettings(Settings):
    """A network that moves generated networks to weights with a small loss on the training part.

    Its loss is the mean cross-entropy of new networks, drawn afresh each step. No network is trained by itself. Its
    last layer has `width` times as many weights as a network, so it is for small ones.
    """

    alignments: Unique[Literal["aligned", "raw"]] = ()
    """Networks for training a correction: aligned, raw, or a correction for each; an empty list trains none."""
    base: Literal["mixed", "gaussian", "covariance", "kernel"] = "mixed"
    """The generator whose networks are corrected."""
    components: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Largest number of principal components of the networks that the correction reads."""
    width: Annotated[int, Field(ge=1, le=16_384)] = 256
    """Width of its two hidden layers."""
    steps: Steps = 1000
    """Optimisation steps of AdamW; the learning rate decays by a cosine. The parameters of the highest accuracy on the
    validation part are kept, of equal ones those of the smallest loss."""
    networks: Count = 16
    """New networks per step."""
    batch: Count = 256
    """Training examples per step."""
    learning_rate: Positive = 0.001
    """AdamW's initial learning rate."""


class OtherTaskSettings(Settings):
    """A task for fine-tuning."""

    task: str = OWN
    """Name of a task; own for the population's own."""
    crop: ImageSide | None = None
    """Side of the square that is cut out of the middle of its images; null cuts nothing, of the own task's images what
    the population cuts."""
    resize: ImageSide | None = None
    """Side of its images, in pixels; null keeps them as they are, those of the own task as the population has them."""
    classes: Labels | None = None
    """Labels that are kept; null keeps all, of the own task those of the population."""
    new_last_layer: bool | None = None
    """Whether the last layer is drawn anew, the same for all kinds of networks; null draws it anew if the labels are
    others of the population's examples, or of another number, as it must be then."""


class TransferSettings(Settings):
    """Fine-tuning of networks on their task or on another.

    Generated networks, midpoints of two originals, originals and random initialisations are trained further.
    """

    tasks: Unique[Annotated[Annotated[str, AText] | Annotated[OtherTaskSettings, ASection], ByShape]] = ()
    """Tasks: own, the name of a task, or a mapping with the keys task, crop, resize, classes and
    new_last_layer. Their inputs have the
    shape of the population's. An empty list trains nothing."""
    epochs: Annotated[Unique[Annotated[int, Field(ge=0, le=1_000_000)]], Field(min_length=1)] = (0, 1, 5)
    """Epochs after which the networks are evaluated; the learning rate decays over the largest of them."""
    learning_rate: Positive = 0.01
    """AdamW's initial learning rate; it decays by a cosine to a twentieth. There is no weight decay."""
    batch: Count = 16
    """Examples per step."""
    frozen: Annotated[Unique[bool], Field(min_length=1)] = (False,)
    """Whether only the last layer is trained; [false, true] compares both."""
    networks: Annotated[int, Field(ge=2, le=10_000)] = 20
    """Number of networks of each kind."""
    goal: Share = 0.9
    """Accuracy on validation examples; the steps to it are counted."""


class PopulationSettings(Settings):
    """One population."""

    task: Annotated[str | None, Field(json_schema_extra={"names": "tasks"})] = None
    """The networks' task, by name; null for your own examples. The first four come with scikit-learn. snapshot has the
    states of a data set. The others are image data sets, the entries of resources/tasks.yaml: missing files are
    downloaded to resources/data, and the test part is the authors', if they define one."""
    snapshot: SnapshotSettings = SnapshotSettings()
    examples: ExampleSettings = ExampleSettings()
    split: SplitSettings = SplitSettings()
    crop: ImageSide | None = None
    """Side of the square that is cut out of the middle of the images before they are resized, such as 20 for MNIST's
    digits without their margin; null cuts nothing."""
    resize: ImageSide | None = None
    """Side of the images, in pixels: they are resized to squares, each pixel the mean of its area; null keeps them."""
    classes: Labels | None = None
    """Labels that are kept, in the order of their new numbers, such as [0, 1, 2, 3, 4]; null keeps all."""
    scale: Literal["training", "none"] = "training"
    """Standardisation of the inputs: training, to mean 0 and variance 1 over the training part, of tables by column, of
    images as a whole; none, for networks of inputs as they are (pixels of image files are 0 to 1). States of a snapshot
    have none."""
    architecture: ArchitectureSettings = ArchitectureSettings()
    training: NetworkTrainingSettings = NetworkTrainingSettings()
    networks: LoadedSettings = LoadedSettings()
    alignment: AlignmentSettings = AlignmentSettings()
    generated: Annotated[int, Field(ge=2, le=1_000_000)] = 100
    """Number of networks from each generator."""
    frontier: Annotated[int, Field(ge=0, le=1_000_000)] = 30
    """Number of networks from each generator at each point of its frontier, accuracy against distance; 0 draws none."""
    norms: Annotated[Unique[Annotated[str, NameIn(NORM_SOURCES)]], Field(min_length=1)] = ("training",)
    """Moments of the batch norms of new networks in the evaluation, each with rows of its own. The rows name any but
    the default; choices, frontiers and networks that are written always have the default."""
    flow: FlowSettings = FlowSettings()
    correction: CorrectionSettings = CorrectionSettings()
    autoencoder: AutoencoderSettings = AutoencoderSettings()
    transfer: TransferSettings = TransferSettings()

    @property
    def source_of_inputs(self) -> str:
        """The task's name, or the file or folder of a user's examples."""
        return self.task or self.examples.source


def tasks_of_transfer(settings: PopulationSettings) -> list[OtherTaskSettings]:
    """The tasks for fine-tuning, in the order of the settings; the own task has the size and labels of the population.

    The short form, a text, is the name of a task.
    """
    found = []
    for given in settings.transfer.tasks:
        task = OtherTaskSettings(task=given) if isinstance(given, str) else given
        if task.task == OWN:
            task = task.but(**{key: getattr(task, key) or getattr(settings, key) for key in SELECTED})
        found.append(task)
    return found


def is_own_task(task: OtherTaskSettings, settings: PopulationSettings) -> bool:
    """Whether a task for fine-tuning is that of the population, with the same size and labels."""
    return task.task == OWN and all(getattr(task, key) == getattr(settings, key) for key in SELECTED)


def has_new_last_layer(task: OtherTaskSettings, settings: PopulationSettings) -> bool:
    """Whether the last layer is drawn anew, even if a task for fine-tuning has as many labels as the population's."""
    if task.new_last_layer is not None:
        return task.new_last_layer
    return task.task in (OWN, settings.task) and task.classes != settings.classes


def label_of_task(task: OtherTaskSettings, settings: PopulationSettings) -> str:
    """A task for fine-tuning in tables: its name, and its size and labels where they differ from the population's."""
    parts = [task.task]
    if task.crop and task.crop != settings.crop:
        parts.append(f"middle {task.crop}")
    if task.resize and task.resize != settings.resize:
        parts.append(f"{task.resize} × {task.resize}")
    if task.classes and task.classes != settings.classes:
        parts.append(f"labels {', '.join(map(str, task.classes))}")
    if task.new_last_layer:
        parts.append("new last layer")
    return ", ".join(parts)
