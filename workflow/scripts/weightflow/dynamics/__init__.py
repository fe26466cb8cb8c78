"""Dynamics: weights that move through time.

The weight graph, the latent path, the graph network, neural ODE and CDE, weight splines, and how they are fitted.
May import: the root modules and the rooms from systems to teaching.
"""
