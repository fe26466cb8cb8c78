"""Data sets: the canonical snapshots, how they are prepared, and what can be made of them.

The state space, the representation of real values, subsets, folds that leave one snapshot out, and exports.
May import: the root modules and the rooms from systems to formats.
"""
