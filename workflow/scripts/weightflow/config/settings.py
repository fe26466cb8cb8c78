"""The settings of a configuration: data sets, models, and all other keys of a config file."""

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
    """The ablation study of `snakemake ablations` and the report.

    Each level of a factor changes some settings of a base model. Factors are varied one at a time, or all together with
    cross.
    """

    base: str | None = None
    """Base model; null takes the first model."""
    bases: dict[str, str] = {}
    """Other base models, by factor; not with cross."""
    datasets: Annotated[Unique[str], Field(min_length=1)] | None = None
    """Data sets of the study; null takes all."""
    cross: bool = False
    """Whether every combination of levels is a run; their number grows fast."""
    factors: dict[Name, Annotated[dict[Name, dict[str, Any]], Field(min_length=1)]] = {}
    """Factors by name, each with its levels by name; a level holds the changed settings of the base model. Levels that
    differ only in a number at their end (share-10, share-25) are drawn along an axis."""
    labels: dict[str, str] = {}
    """Labels of factors in figures and tables; the default is the factor's name."""


class FigureSettings(Settings):
    """Times and model of the report's figures."""

    times: Annotated[Many[Number], Field(min_length=1, max_length=6)] | None = None
    """Times of the marginal and joint figures, of the cells, of the fitness landscape and of the weight path's insets
    (rounded to the grid); null takes four of the unseen times, for the cells six of all times, and for the
    landscape four with growing distances."""
    model: str | None = None
    """Model of the joint densities, of the animated density of the cells and of the fitness landscape; null takes the
    first."""


_PAPERS = {"backbone": {"position": False}, "anchors": {"alignment": "sequential"}}  # the paper's choices


class Configuration(Settings):
    """Every key, its meaning, range and default."""

    seeds: Annotated[Unique[Seed], Field(min_length=1), Common] = (0, 1, 2)
    """Seeds; everything random is run once with each, and tables report mean and standard deviation over them."""
    datasets: Annotated[dict[Name, DatasetSettings], Field(min_length=1)]
    """Data sets by name, each simulated from a system or read from a file."""
    models: dict[Name, ModelSettings] = {
        "weightflow": ModelSettings(),
        "weightflow_cde": ModelSettings.model_validate({**_PAPERS, "dynamics": {"kind": "cde"}}),
        "weightflow_ode": ModelSettings.model_validate({**_PAPERS, "dynamics": {"kind": "ode"}}),
    }
    """Models by name; tables and figures use these names."""
    baselines: Unique[Annotated[str, NameIn(BASELINES)]] | None = None
    """Baselines for comparison. If a data set holds times back, baselines must continue past the last snapshot. null
    takes previous, mixture, mixture_kernel, displacement, transport_spline, transport_kernel, weights_linear and
    weights_spline, or, where a data set holds times back, previous, quantiles and displacement."""
    evaluation: EvaluationSettings = EvaluationSettings()
    prediction: PredictionSettings = PredictionSettings()
    ablations: AblationSettings = AblationSettings()
    populations: dict[Name, PopulationSettings] = {}
    """Populations of trained classifiers by name, for `snakemake populations`: many networks of one task and
    architecture. Flows generate new networks from their weights, and auto-encoders encode and reconstruct them."""
    bands: dict[str, BandSettings] = {}
    """Uncertainty bands about predicted marginals by data set of counts, for `snakemake populations`: an ensemble of
    anchors for each snapshot, each fitted to resampled states, and a flow over these networks conditional on time."""
    figures: FigureSettings = FigureSettings()
