"""Simulate a system's training and held-out trajectories."""

from weightflow import seeding
from weightflow.job import run
from weightflow.provenance import stamp
from weightflow.simulation import simulate
from weightflow.storage import write_tensors
from weightflow.systems import read_system


def main(snakemake):
    network, params = read_system(snakemake.input[0]), snakemake.params
    parts = {
        "training": simulate(network, params.trajectories, seeding.integer(params.seed, "training")),
        "heldout": simulate(network, params.heldout, seeding.integer(params.seed, "heldout")),
    }
    write_tensors(
        snakemake.output[0],
        "trajectories",
        parts,
        species=list(network.species),
        step=network.step,
        title=network.title,
        made_by=stamp(snakemake),
    )


run(main, snakemake)  # noqa: F821
