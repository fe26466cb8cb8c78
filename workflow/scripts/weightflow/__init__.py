"""WeightFlow: the evolving distribution of a random system as a path in the weight space of a small network.

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

Method: Li et al., "WeightFlow: Learning Stochastic Dynamics via Evolving Weight of Neural Network",
AAAI 2026, arXiv 2508.00451.
"""

import os

# Set before any module imports POT: its torch backend costs seconds and hundreds of megabytes in jobs without torch.
os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")

__version__ = "0.1.0"
