"""Simulate a system's training and held-out trajectories."""

import numba

from weightflow import seeding
from weightflow.job import run
from weightflow.provenance import stamp
from weightflow.simulation import simulate
from weightflow.storage import write_tensors
from weightflow.systems import read_system


def main(snakemake):
    numba.set_num_threads(min(snakemake.threads, numba.config.NUMBA_NUM_THREADS))
    system, params = read_system(snakemake.input[0]), snakemake.params
    parts = {
        "training": simulate(system, params.trajectories, seeding.integer(params.seed, "training")),
        "heldout": simulate(system, params.heldout, seeding.integer(params.seed, "heldout")),
    }
    write_tensors(
        snakemake.output[0],
        "trajectories",
        parts,
        species=list(system.species),
        step=system.step,
        title=system.title,
        made_by=stamp(snakemake),
    )


run(main, snakemake)  # noqa: F821
