"""Data sets: the canonical snapshots and their preparation.

The state space, the representation of real values, subsets, folds that leave one snapshot out, and exports.
May import: the root modules and the rooms from systems to formats.
"""
