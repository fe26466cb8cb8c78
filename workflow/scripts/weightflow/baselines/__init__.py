"""Baselines: predictions by other methods, and the floors that no method can pass.

May import: the root modules and the rooms from systems to prediction.
"""
