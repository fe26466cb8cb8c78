"""Baselines: predictions by other methods, and floors, the metrics' values for sampling error alone.

May import: the root modules and the rooms from systems to prediction.
"""
