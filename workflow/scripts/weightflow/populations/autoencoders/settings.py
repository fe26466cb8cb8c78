"""Settings of auto-encoders of networks, their queries and the draws about their codes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from weightflow.errors import InputError
from weightflow.populations.architectures.settings import Depth, Size
from weightflow.populations.autoencoders.presets import PRESETS, STANDARD
from weightflow.populations.autoencoders.registry import BEHAVIOURS, DRAWINGS
from weightflow.settings import (
    AsWritten,
    Count,
    Many,
    Name,
    NameIn,
    NotNegative,
    Positive,
    Settings,
    Share,
    Steps,
    Unique,
    merged,
)

BASE = "base"  # the auto-encoder without changes, among its variants


class QuerySettings(Settings):
    """Inputs on which the outputs of networks are compared."""

    sources: Annotated[Unique[str], Field(min_length=1, alias="from")] = ("training", "noise")
    """training (training examples), noise (Gaussian, with their mean and standard deviation), uniform (between their
    least and largest number), or the name of another task, for its training part. Its whole images are resized to those
    of the population; colours become their mean, and grey becomes every colour."""
    count: Count = 100
    """Largest number of inputs from each source."""
    fresh: bool = False
    """Whether every step draws anew, or all steps have the same inputs."""


class DrawingSettings(Settings):
    """Networks drawn from kernel densities about the codes of good networks."""

    methods: Annotated[Unique[Annotated[str, NameIn(DRAWINGS)]], Field(min_length=1)] = ("bootstrapped",)
    """Ways of drawing, each with rows of its own."""
    good: Share = 0.3
    """Share of the networks about whose codes is drawn: the best on the validation part."""
    bandwidth: Positive = 1
    """Bandwidth of each number of the codes, in units of Scott's rule."""
    candidates: Annotated[int, Field(ge=1, le=1000)] = 4
    """For subsampled: number of draws for each network that is kept."""
    rounds: Annotated[int, Field(ge=1, le=100)] = 2
    """For bootstrapped: number of rounds, each about the best networks of the one before."""
    threshold: Share | None = None
    """Least accuracy on the validation part; worse networks are drawn again. null keeps all."""
    tries: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Largest number of times that the wanted number of networks is drawn to reach the threshold."""


class AutoencoderSettings(Settings):
    """A transformer that encodes the tokens of a network into numbers, and one that decodes them."""

    preset: Annotated[str, NameIn(PRESETS)] = STANDARD
    """Settings to start from, in place of the defaults: published has those of the authors."""
    tokens: Literal["neurons", "chunks"] = "neurons"
    """Tokens of a network: neurons, with their incoming weights, by maps for each layer; or chunks of them, all by the
    same map and with learned codes of their layer and position, so that networks may be of several architectures."""
    chunk: Annotated[int, Field(ge=1, le=65_536)] = 64
    """Largest number of weights in a chunk; a neuron with more has several chunks."""
    codes: Literal["network", "tokens"] = "network"
    """One latent vector for a network, or one for each of its tokens."""
    latent: Size = 32
    """Dimension of each latent vector."""
    window: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Adjacent tokens that a step reads and decodes, at a random place, for codes of tokens; null takes all. The
    behavioural loss takes all other weights from the original."""
    halo: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Further tokens on either side of a window that are read with it when the auto-encoder is used."""
    width: Annotated[int, Field(ge=1, le=4096)] = 32
    """Width of the tokens."""
    layers: Depth = 2
    """Layers of the encoder, and of the decoder."""
    heads: Depth = 4
    """Attention heads; they must divide the width."""
    feedforward: Size = 64
    """Hidden units between attention layers."""
    steps: Steps = 1500
    """Optimisation steps of AdamW; the learning rate decays by a cosine."""
    batch: Annotated[int, Field(ge=2, le=1_000_000)] = 64
    """Networks per step."""
    learning_rate: Positive = 0.002
    """AdamW's initial learning rate."""
    mixing: Annotated[float, Field(ge=0, le=1), AsWritten] = 0
    """Data augmentation: largest share of another network that is mixed into each network of a step."""
    views: Literal["contrasted", "reconstructed"] = "contrasted"
    """Two views of each network in a step, with its units in another order, drawn afresh. contrasted: they enter the
    contrastive loss alone, and the networks are reconstructed in the order that they have. reconstructed: the views are
    what is encoded and reconstructed, so networks need not be aligned."""
    noise: NotNegative = 0
    """Standard deviation of noise on the weights that are encoded, in units of a layer's deviation."""
    erasing: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0
    """Share of the weights that are encoded as their mean."""
    contrastive: Annotated[float, Field(ge=0, lt=1), AsWritten] = 0.05
    """Weight γ of the contrastive loss; structural and behavioural loss together have 1 − γ."""
    structural: Unique[Annotated[float, Field(ge=0, le=1), AsWritten]] = ()
    """Candidate weights β of the structural loss; the behavioural loss has 1 − β. 1 is the purely structural loss; it
    is reported beside the best other candidate on validation networks. An empty list trains no auto-encoder."""
    cycle: NotNegative = 0
    """Weight of the cycle loss: the mean squared difference of the codes of decoded networks from the codes."""
    penalty: NotNegative = 0
    """Weight of the mean square of the codes."""
    units: Literal["mean", "first"] = "mean"
    """Units of the losses: mean measures the structural and the behavioural part by the loss of the best guess that is
    the same for all networks; first measures them and the contrastive part by their first values, as the authors do."""
    queries: QuerySettings = QuerySettings()
    outputs: Annotated[str, NameIn(BEHAVIOURS)] = "logits"
    """Comparison of outputs in the behavioural loss."""
    temperature: Positive = 2
    """Temperature of distillation."""
    shares: Annotated[Many[Share], Field(min_length=2, max_length=2)] = (0.7, 0.15)
    """Shares of the networks for training and for validation; the rest is for testing."""
    zoos: Unique[Name] = ()
    """Other populations on whose networks the same auto-encoder is trained, in turns. They may be of other
    architectures with tokens: chunks and codes: tokens. The shares and queries of this section hold for each; training
    examples among the queries are those of its own task."""
    unfamiliar: Unique[Name] = ()
    """Other populations whose networks are encoded and decoded for comparison, without training on them. Networks of
    another architecture are standardised by their own training part."""
    drawing: DrawingSettings = DrawingSettings()
    variants: dict[Name, dict[str, Any]] = {}
    """Ablation: further auto-encoders by name, each with some changed keys of this section, such as
    {noise: {queries: {from: [noise]}}}. They are evaluated in the table and the figure of variants alone."""

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and isinstance(name := given.get("preset"), str) and name in PRESETS:
            return merged(PRESETS[name], given)
        return given


_OF_ALL = ("preset", "shares", "unfamiliar", "drawing", "variants")
_NOT_OF_THE_FIT = ("structural", "drawing", "variants", "unfamiliar", "preset")


def variants_of(settings: AutoencoderSettings, source: str = "autoencoder") -> dict[str, AutoencoderSettings]:
    """The auto-encoders of a population by the names of their variants, the one without changes first.

    Args:
        settings: of the section.
        source: the section, for messages.

    Raises:
        InputError: a variant has unknown keys or invalid values, or changes what is not of one auto-encoder.
    """
    plain = settings.plain() | {"variants": {}}
    found = {BASE: settings.but(variants={})}
    for name, changes in settings.variants.items():
        if common := [key for key in _OF_ALL if key in changes]:
            raise InputError(
                f"{source}.variants.{name}: {common[0]} is the same for all auto-encoders; set it outside of variants."
            )
        if name == BASE:
            raise InputError(f"{source}.variants: {BASE} is the auto-encoder without changes; take another name.")
        found[name] = AutoencoderSettings.of(merged(plain, changes), f"{source}.variants", name)
    return found


def changes_of(settings: AutoencoderSettings, variant: str) -> str:
    """What a variant changes, as text; without the weights β, which have a column of their own."""
    changes = settings.variants.get(variant, {})
    return "; ".join(_told(key, value) for key, value in changes.items() if key != "structural")


def _told(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(_told(f"{key}.{inner}", own) for inner, own in value.items())
    return f"{key}: {', '.join(map(str, value)) or 'none' if isinstance(value, list | tuple) else value}"


def fit_keys(settings: AutoencoderSettings) -> dict[str, Any]:
    """The plain settings that the fit of one auto-encoder depends on."""
    return {key: value for key, value in settings.plain().items() if key not in _NOT_OF_THE_FIT}
