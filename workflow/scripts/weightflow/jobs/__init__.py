"""Jobs: the frame of every script, devices, processes, and the estimate of a run's cost.

Only this room handles the `snakemake` object; the thin scripts beside the library pass it in.
May import: the root modules and every other room.
"""
