"""The configuration: all keys of a config file."""

from typing import Annotated, Any

from pydantic import Field

from weightflow.baselines.registry import BASELINES
from weightflow.baselines.settings import OtCfmSettings
from weightflow.data.settings import DatasetSettings
from weightflow.dynamics.presets import OrPreset
from weightflow.dynamics.settings import ModelSettings
from weightflow.evaluation.settings import EvaluationSettings
from weightflow.populations.settings import PopulationSettings
from weightflow.prediction.settings import PredictionSettings
from weightflow.settings import Common, FilePath, Many, Name, NameIn, Number, Plain, RunName, Seed, Settings, Unique


class DatasetEntry(DatasetSettings):
    """A data set of the configuration: its preparation, and what is asked of it."""

    questions: Annotated[dict[str, str], Common] = {}
    """Events by name, such as outbreak: "I > 20 and S < 10". The report and answers.csv have their probabilities
    against time: by every model, in the data and by the exact law. An event compares expressions of the variables and
    of the time t; comparisons are joined by and, or, not. A name with other characters than letters, digits and _
    stands in backquotes, as in `HLA-A` > 1."""
    score: FilePath | None = None
    """Table (.csv, .tsv or .parquet) of states with their times. `snakemake score` writes it to scores.csv (.tsv,
    .parquet) with the log-likelihood of each state by every model, in nats."""

    @property
    def preparation(self) -> Plain:
        """The settings of `DatasetSettings`, which the prepared data depend on."""
        every = self.plain()
        return {name: every[name] for name in DatasetSettings.model_fields}


class AblationSettings(Settings):
    """The ablation study of `snakemake ablations` and of the report.

    Each level of a factor changes some settings of a base model. Factors are varied one at a time, or jointly with
    cross.
    """

    base: str | None = None
    """Base model; null takes the first."""
    bases: dict[str, str] = {}
    """Other base models for some factors, by factor; not with cross."""
    datasets: Annotated[Unique[str], Field(min_length=1)] | None = None
    """Data sets of the study; null takes all."""
    cross: bool = False
    """Whether all combinations of levels are run; these are many."""
    factors: dict[Name, Annotated[dict[Name, dict[str, Any]], Field(min_length=1)]] = {}
    """Factors by name, each with its levels by name; a level lists the changed model settings. Levels that differ only
    in a number at their end (share-10, share-25) are drawn along an axis."""
    labels: dict[str, str] = {}
    """Labels of factors in figures and tables; by default their names."""


class FigureSettings(Settings):
    """Times and models of the figures."""

    times: Annotated[Many[Number], Field(min_length=1, max_length=6)] | None = None
    """Times of the figures of marginals, joint densities, cells and fitness landscapes, and of the insets of the weight
    path, rounded to the grid. null takes four times among the unseen ones, six among all for the cells, and four with
    growing distances for the landscape."""
    model: str | None = None
    """Model of the report's first page and of the figures of joint densities, cells, the moving density and the fitness
    landscape; null takes the first."""


_PAPERS = {"backbone": {"position": False}, "anchors": {"alignment": "sequential"}}  # two of the paper's settings


class Configuration(Settings):
    """Every key, its meaning, range and default."""

    name: RunName | None = None
    """Name of the run; without this key that of the config file (of several, the last) without its suffix. Tables,
    settings, figures and report are in `results/NAME/`; data sets, models and predictions are shared by all runs. null
    puts the former at the top of `results`, as do the default run and files called config.yaml or settings.yaml."""
    seeds: Annotated[Unique[Seed], Field(min_length=1), Common] = (0, 1, 2)
    """Random seeds, one independent run for each; tables report mean and standard deviation over them."""
    datasets: Annotated[dict[Name, DatasetEntry], Field(min_length=1)]
    """Data sets by name, each simulated from a system or read from a file."""
    models: dict[Name, Annotated[ModelSettings, OrPreset()]] = {
        "weightflow": ModelSettings(),
        "weightflow_cde": ModelSettings.model_validate({**_PAPERS, "dynamics": {"kind": "cde"}}),
        "weightflow_ode": ModelSettings.model_validate({**_PAPERS, "dynamics": {"kind": "ode"}}),
    }
    """Models by name; tables and figures use these names. A model is a section of settings, or one word, the name
    of a preset."""
    baselines: Unique[Annotated[str, NameIn(BASELINES)]] | None = None
    """Baselines for comparison. If a data set holds times back, they must continue past the last snapshot. null takes
    previous, mixture, mixture_kernel, displacement, transport_spline, transport_kernel, weights_linear and
    weights_spline, or, if a data set holds times back, previous, quantiles and displacement."""
    ot_cfm: OtCfmSettings = OtCfmSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    prediction: PredictionSettings = PredictionSettings()
    ablations: AblationSettings = AblationSettings()
    populations: dict[Name, PopulationSettings] = {}
    """Populations of trained classifiers by name, for `snakemake populations`. A population is many networks of one
    task and architecture. Flows and auto-encoders are trained on its weights and generate new networks."""
    figures: FigureSettings = FigureSettings()
