"""Simulate a system's training and held-out trajectories."""

from dataclasses import asdict

from weightflow.data.conservation import relations_of_system
from weightflow.data.simulated import simulate_parts
from weightflow.jobs.frame import run, stamp
from weightflow.storage import write_tensors
from weightflow.systems.reading import read_system


def main(snakemake):
    system, params = read_system(snakemake.input[0]), snakemake.params
    sizes = params.cells or [params.trajectories] * system.points
    made = simulate_parts(system, sizes, params.heldout, params.seed, snakemake.threads)
    write_tensors(
        snakemake.output[0],
        "trajectories",
        made.tensors(),
        species=list(system.species),
        step=system.step,
        title=system.title,
        relations=[asdict(relation) for relation in relations_of_system(system)],
        made_by=stamp(snakemake),
    )


run(main, snakemake)  # noqa: F821
