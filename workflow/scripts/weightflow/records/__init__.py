"""Records: the provenance of each result, checks that results are unchanged, and archives of results.

May import: the root modules and the rooms from systems to networks.
"""
