"""Figures: one module for each, which turns arrays and tables into one Matplotlib figure, and the registry of them.

Nothing here imports torch, so figures can be drawn again from saved results.
May import: the root modules and the rooms from systems to bands.
"""
