"""Tasks: the labelled data that classifiers learn, and the readers of its files.

May import: the root modules and the rooms from systems to evaluation; nothing else of populations.
"""
