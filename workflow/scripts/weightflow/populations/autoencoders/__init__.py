"""Auto-encoders of networks: their tokens, views, losses and fit, and what codes are used for.

May import: the root modules, the rooms from systems to evaluation, and populations and its rooms.
"""
