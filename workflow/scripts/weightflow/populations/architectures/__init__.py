"""Architectures: the classifiers whose trained weights are populations; `registry.ARCHITECTURES` lists them.

May import: the root modules and the rooms from systems to evaluation; nothing else of populations.
"""
