"""Configuration: its settings, the checks that they fit together, and the plan of a run.

May import: the root modules and the rooms from systems to plots.
"""
