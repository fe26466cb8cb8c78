"""Exact laws: the probability of every state of a system at every time, and the solvers that compute them.

May import: the root modules and systems.
"""
