"""Configuration: checks that settings fit together, and the plan of a run.

Names of runs, stages and their settings, variants of an ablation study, what continues past the last snapshot.
May import: the root modules and the rooms from systems to records.
`consistency`, which only the rules use, also reads the registries of the rooms above.
"""
