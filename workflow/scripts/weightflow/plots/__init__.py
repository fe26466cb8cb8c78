"""Figures, one module per kind; each turns arrays and tables into one Matplotlib figure and returns it.

Nothing here imports torch: figures can be drawn again from results alone.
"""
