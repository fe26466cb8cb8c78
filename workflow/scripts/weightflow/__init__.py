"""WeightFlow: the evolving distribution of a random system as a path in the weight space of a small network.

One module per concept, in the order of the method:

systems, simulation, readers, snapshots   what is known: states at some times
suitability                               whether the models suit it
backbones, autoregressive                 a density p(x | weights): what it is, and how it is scored and drawn
gru, transformer, variable_order          its networks, and the order in which they go through the variables
anchors, anchor_files, alignment          the weights that fit each observed snapshot, comparable with each other
weight_graph, latent_path                 the anchors' weights as tokens, and as a low-dimensional path
teacher, teacher_choice, relaxation       what is taught between the snapshots, and how it is chosen
weight_spline, spline_fitting             the learned curve of weights
graph_network, dynamics, fitting          the field that moves the weights through continuous time
moving_density, interpolation             the backbone at the moving weights, sampled and scored
prediction, baselines, transport          distributions at any time, by the method and by simpler means
density, kernel_density, weighted_states  what a density is, and one made of samples
runs                                      the names of all that predicts
metrics, evaluation, ablations            how far they are from the truth, and what each setting does to that
choices                                   what the data chose, and by which scores
plots, report, report_tables              what a person reads; its kinds of figures are in figure_catalogue

Method: Li et al., "WeightFlow: Learning Stochastic Dynamics via Evolving Weight of Neural Network",
AAAI 2026, arXiv 2508.00451.
"""

import os

# Here, before any module can import POT: it imports torch to offer it as a backend, which costs seconds and
# hundreds of megabytes in jobs that only pass arrays.
os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")

__version__ = "0.1.0"
