"""Figures: one module for each, from arrays and tables to a Matplotlib figure, and their registry.

No module imports torch, so figures can be drawn from saved results without it.
May import: the root modules and the rooms from systems to bands.
"""
