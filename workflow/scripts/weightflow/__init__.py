"""WeightFlow: the evolving distribution of a random system as a path in the weight space of a small network.

    import weightflow as wf

    flow = wf.fit(wf.read("counts.csv", time="day"), preset="quick")
    flow.at(3.7).sample(1000)

`read`, `from_snapshots`, `from_anndata` and `simulate` give a `Data`. `fit` and `load` give a `Flow`, and
`PRESETS` lists its presets. `Flow.at` gives a `Density` at one time. Mistakes in the input raise
`InputError`, with one sentence that names the fix.

The library is divided into rooms. A room imports only from rooms above it in this list and from the modules beside
this file (errors, limits, machine, progress, registry, seeding, settings, storage, yaml_files), which import from no
room:

systems       stochastic processes, their files and their simulation
laws          exact laws of systems
formats       readers of users' files, downloads
data          the canonical data set: snapshots, folds, exports
transport     optimal transport between snapshots
density       densities without networks
networks      small autoregressive networks p(x | weights)
records       provenance of each result
anchors       weights fitted to each observed snapshot
teaching      teachers: states between the snapshots
dynamics      weights that move through time
prediction    distributions at any time
baselines     other methods, and floors
evaluation    metrics and tables of them
populations   many trained classifiers, and generators of new ones
bands         uncertainty of predicted distributions
plots         figures
config        settings and their checks, the plan of a run
report        tables and pages
jobs          scripts of Snakemake, devices, cost of a run
api           the names above

Method: Li et al., "WeightFlow: Learning Stochastic Dynamics via Evolving Weight of Neural Network",
AAAI 2026, arXiv 2508.00451.
"""

import os
from importlib import import_module
from typing import Any

# Set before any module imports POT: its torch backend costs seconds and hundreds of megabytes in jobs without torch.
os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")

__version__ = "0.2.0"

# Modules of the public names. They are imported when used, since torch takes seconds, and named without the package,
# so that they are no part of the code behind a rule (`records.digests`).
_PUBLIC = {
    "Data": "api.data",
    "Density": "api.density",
    "DivergenceError": "errors",
    "Estimate": "prediction.estimate",
    "Flow": "api.flow",
    "InputError": "errors",
    "PRESETS": "dynamics.presets",
    "Population": "api.population",
    "fit": "api.fitting",
    "from_anndata": "api.data",
    "from_snapshots": "api.data",
    "load": "api.flow",
    "read": "api.data",
    "simulate": "api.data",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'weightflow' has no attribute '{name}'")
    return getattr(import_module(f"weightflow.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
