from weightflow.api.data import Data, from_anndata, from_snapshots, read, simulate
from weightflow.api.density import Density
from weightflow.api.fitting import fit
from weightflow.api.flow import Flow, load
from weightflow.api.population import Population
from weightflow.dynamics.presets import PRESETS
from weightflow.errors import DivergenceError, InputError
from weightflow.prediction.estimate import Estimate

__all__ = [
    "PRESETS",
    "Data",
    "Density",
    "DivergenceError",
    "Estimate",
    "Flow",
    "InputError",
    "Population",
    "fit",
    "from_anndata",
    "from_snapshots",
    "load",
    "read",
    "simulate",
]
__version__: str
