"""Configuration: the settings, checks of their consistency, and the plan of a run.

May import: the root modules and the rooms from systems to plots.
"""
