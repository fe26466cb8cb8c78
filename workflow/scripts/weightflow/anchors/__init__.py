"""Anchors: the weights fitted to each observed snapshot, their alignment strategies and their files.

May import: the root modules and the rooms from systems to records.
"""
