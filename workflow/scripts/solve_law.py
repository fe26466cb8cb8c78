"""Solve a system's exact law, the truth for predictions."""

from weightflow.jobs.frame import run, stamp
from weightflow.laws.law import describe_law, write_law
from weightflow.laws.solvers import solve_law
from weightflow.systems.reading import read_system


def main(snakemake):
    system, params = read_system(snakemake.input[0]), snakemake.params
    law = solve_law(system, params.max_states, params.tolerance)
    print(f"{system.title}: the exact law: {describe_law(law, system.species)}.")
    write_law(snakemake.output[0], law, species=list(system.species), title=system.title, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
