"""Bands: how uncertain a predicted distribution is.

Sources of error, the bands from them, and their coverage of true probabilities.
May import: the root modules and the rooms from systems to populations.
"""
