"""The library's door for Python: data in, a fitted flow, its densities at any time.

`import weightflow` shows the names of this room (`weightflow.__all__`).

May import: the root modules and every other room.
"""
