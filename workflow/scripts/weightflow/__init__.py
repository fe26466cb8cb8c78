"""WeightFlow: the evolving distribution of a random system as a path in the weight space of a small network.

One module per concept, in the order of the method:

systems, simulation, readers              what is known: states at some times
snapshots, representation, state_space    the data set; its values as they are scaled; what a state can be
suitability, folds, leave_one_out         whether models suit it; each interior snapshot predicted from the others
backbones, autoregressive, heads          a density p(x | weights): scored and drawn variable by variable
gru, transformer, variable_order          its networks, and the order in which they go through the variables
anchors, anchor_files, alignment          the weights that fit each observed snapshot, comparable with each other
weight_graph, latent_path                 the anchors' weights as tokens, and as a low-dimensional path
teacher, teacher_choice, relaxation       what is taught between the snapshots, and how it is chosen
weight_spline, spline_fitting             the learned curve of weights
graph_network, dynamics, fields, fitting  the field that moves the weights through continuous time
losses, selection                         what fits are asked for, and what a validation split chooses
moving_weights, moving_density            where the weights are at any time, and the backbone there
extrapolation                             what goes on past the last snapshot
laws, law_solvers, master_equation        the exact law of a system, where it is known
prediction, exports                       distributions at any time, for the workflow and for the user
baselines, flow_matching, interpolation   the same by other means; transport couples states for some
density, kernel_density, weighted_states  what a density is, and one made of samples
runs                                      the names of all that predicts
metrics, moments, evaluation, ablations   how far they are from the truth, and what each setting does to that
choices                                   what the data chose, and by which scores
plots, report, report_tables              what a person reads; its kinds of figures are in figure_catalogue
stages, provenance, storage, settings     what a stage depends on; who made a file, and how; what configs may say

Method: Li et al., "WeightFlow: Learning Stochastic Dynamics via Evolving Weight of Neural Network",
AAAI 2026, arXiv 2508.00451.
"""

import os

# Here, before any module can import POT: it imports torch to offer it as a backend, which costs seconds and
# hundreds of megabytes in jobs that only pass arrays.
os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")

__version__ = "0.1.0"
