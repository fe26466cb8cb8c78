"""Records: what made each result, whether results are unchanged, and archives of them.

May import: the root modules and the rooms from systems to networks.
"""
