"""Optimal transport: couplings of snapshots, and ways from one snapshot to the next.

May import: the root modules and the rooms from systems to data.
"""
