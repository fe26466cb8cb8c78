"""Densities without networks: weighted states, kernel densities, and how a density is scored.

May import: the root modules and the rooms from systems to transport.
"""
