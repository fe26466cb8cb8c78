"""Configuration: checks that settings fit together, and the plan of a run.

Stages and their settings, variants of an ablation study, labels of figures, settings of saved results.
May import: the root modules and the rooms from systems to bands.
"""
