"""Teachers: states between and after the snapshots, made only from training snapshots, and the choice among teachers.

May import: the root modules and the rooms from systems to anchors.
"""
