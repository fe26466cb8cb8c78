"""Prediction: distributions at any time, from weights at any time.

The moving density, interpolation of anchors, and the common file format of all predictions.
May import: the root modules and the rooms from systems to dynamics.
"""
