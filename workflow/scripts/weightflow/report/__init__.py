"""Reports: tables and pages made from results.

May import: the root modules and the rooms from systems to plots.
"""
