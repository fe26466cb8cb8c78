"""The kinds of figures, with their titles in the report.

A figure's file is named by its kind, or by its kind, '-' and what it is of; its caption is `workflow/report/KIND.rst`.
"""

# In the order of the report.
TITLES = {
    "metrics": "Metrics against time",
    "leave_one_out": "Left-out snapshots",
    "marginals": "Marginals",
    "moments": "Moments",
    "joints": "Joint densities",
    "cells": "Cells over the predicted density",
    "landscape": "Fitness landscape",
    "density": "Density in motion",
    "weights_path": "Path of the weights",
    "latent_path": "Latent path",
    "losses": "Losses",
    "teachers": "Teachers",
    "inference": "Cost of a prediction against its error",
    "ablation": "Ablation",
    "table1": "Beside the published results",
    "model_size": "Size of models",
    "growth": "Growth of the work",
    "networks": "Trained and generated networks",
    "learning": "How the population was learned, and what learned from it",
    "bands": "Uncertainty bands about predicted marginals",
    "rulegraph": "Rules",
}
