"""Prediction: distributions at any time, from weights at any time.

The moving density, interpolation of anchors, and the file in which every model and baseline hands over its predictions.
May import: the root modules and the rooms from systems to dynamics.
"""
