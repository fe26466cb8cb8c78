"""A configuration: its data sets, models and everything else that a config file may say."""

from typing import Annotated, Any

from pydantic import Field

from weightflow.bands.settings import BandSettings
from weightflow.baselines.registry import BASELINES
from weightflow.data.settings import DatasetSettings
from weightflow.dynamics.settings import ModelSettings
from weightflow.evaluation.settings import EvaluationSettings
from weightflow.populations.settings import PopulationSettings
from weightflow.prediction.settings import PredictionSettings
from weightflow.settings import Common, Many, Name, NameIn, Number, Seed, Settings, Unique


class AblationSettings(Settings):
    """What `snakemake ablations` compares, and the report shows.

    Each level of a factor changes some settings of a base model; every factor is varied by itself, or all of them
    together with cross.
    """

    base: str | None = None
    """Model whose settings are changed; null takes the first."""
    bases: dict[str, str] = {}
    """Models that some factors change in place of the base, by factor; not with cross."""
    datasets: Annotated[Unique[str], Field(min_length=1)] | None = None
    """Data sets that are studied; null takes all."""
    cross: bool = False
    """Whether every combination of levels is tried; many runs."""
    factors: dict[Name, Annotated[dict[Name, dict[str, Any]], Field(min_length=1)]] = {}
    """Factors by name, each with its levels by name; a level holds the settings of a model that it changes. Levels that
    differ only in a number at their end (share-10, share-25) are drawn along an axis."""
    labels: dict[str, str] = {}
    """Labels of factors in figures and tables; a factor without one has its name."""


class FigureSettings(Settings):
    """What the report shows."""

    times: Annotated[Many[Number], Field(min_length=1, max_length=6)] | None = None
    """Times of the marginal and joint figures, of the cells, of the fitness landscape and of the weight path's insets
    (the nearest on the grid are taken); null spreads four over the unseen times, six over all for the cells, and
    four with growing distances for the landscape."""
    model: str | None = None
    """Model of the joint densities, of the density in motion of the cells and of the fitness landscape; null takes the
    first."""


_PAPERS = {"backbone": {"position": False}, "anchors": {"alignment": "sequential"}}  # the paper's choices


class Configuration(Settings):
    """Every key, its meaning, range and default."""

    seeds: Annotated[Unique[Seed], Field(min_length=1), Common] = (0, 1, 2)
    """One independent run of everything random per seed; tables report mean and standard deviation over them."""
    datasets: Annotated[dict[Name, DatasetSettings], Field(min_length=1)]
    """Data sets by name. Each is simulated from a system or read from a file."""
    models: dict[Name, ModelSettings] = {
        "weightflow": ModelSettings(),
        "weightflow_cde": ModelSettings.model_validate({**_PAPERS, "dynamics": {"kind": "cde"}}),
        "weightflow_ode": ModelSettings.model_validate({**_PAPERS, "dynamics": {"kind": "ode"}}),
    }
    """Models by name; a name stands for its settings in every table and figure."""
    baselines: Unique[Annotated[str, NameIn(BASELINES)]] | None = None
    """What the models are compared with. Where a data set holds times back, baselines must continue past the last
    snapshot. null takes previous, mixture, mixture_kernel, displacement, transport_spline, transport_kernel,
    weights_linear and weights_spline, or, where a data set holds times back, previous, quantiles and displacement."""
    evaluation: EvaluationSettings = EvaluationSettings()
    prediction: PredictionSettings = PredictionSettings()
    ablations: AblationSettings = AblationSettings()
    populations: dict[Name, PopulationSettings] = {}
    """Populations of trained classifiers by name, for `snakemake populations`: many networks of one task and
    architecture, from whose weights new networks are generated, and which are encoded and reconstructed."""
    bands: dict[str, BandSettings] = {}
    """Data sets of counts whose predicted marginals get uncertainty bands, for `snakemake populations`: an ensemble of
    anchors for each snapshot, each of resampled states, and a flow over these networks that is conditional on time."""
    figures: FigureSettings = FigureSettings()
