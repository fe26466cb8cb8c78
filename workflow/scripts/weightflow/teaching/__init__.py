"""Teachers: states between the snapshots, made from training snapshots alone, and the choice among teachers.

May import: the root modules and the rooms from systems to anchors.
"""
