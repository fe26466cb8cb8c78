"""Evaluation: metrics of predictions against held-out states and exact laws, and tables of them.

Metrics and their registry, leave-one-out, moments, path energies, ablation tables, published results, model sizes.
May import: the root modules and the rooms from systems to baselines.
"""
