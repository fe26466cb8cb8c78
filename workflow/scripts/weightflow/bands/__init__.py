"""Bands: how uncertain a predicted distribution is.

Ensembles of anchors, curves through them, flows over them, and the calibration of their bands.
May import: the root modules and the rooms from systems to populations.
"""
