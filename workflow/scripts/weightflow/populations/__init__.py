"""Populations: many trained classifiers as data, and generators of new ones.

Training, alignment, weight flows, auto-encoders, and the evaluation of generated networks.
`architectures` and `tasks` lie below the other modules here: they import none of them, and not each other.
May import: the root modules and the rooms from systems to evaluation.
"""
