"""Simulate a system's training and held-out trajectories."""

from dataclasses import asdict

from weightflow import seeding
from weightflow.data.conservation import relations_of_system
from weightflow.jobs.frame import run, stamp
from weightflow.storage import write_tensors
from weightflow.systems.reading import read_system
from weightflow.systems.simulation import simulate


def main(snakemake):
    system, params = read_system(snakemake.input[0]), snakemake.params
    parts = {
        part: simulate(system, getattr(params, number), seeding.integer(params.seed, part), snakemake.threads)
        for part, number in (("training", "trajectories"), ("heldout", "heldout"))
    }
    write_tensors(
        snakemake.output[0],
        "trajectories",
        parts,
        species=list(system.species),
        step=system.step,
        title=system.title,
        relations=[asdict(relation) for relation in relations_of_system(system)],
        made_by=stamp(snakemake),
    )


run(main, snakemake)  # noqa: F821
