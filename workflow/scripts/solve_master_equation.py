"""Solve a system's master equation, the exact law that predictions are compared with."""

from weightflow.job import run
from weightflow.master_equation import solve_master_equation, write_exact_law
from weightflow.provenance import stamp
from weightflow.systems import read_system


def main(snakemake):
    network, params = read_system(snakemake.input[0]), snakemake.params
    law = solve_master_equation(network, params.max_states, params.tolerance)
    if law.is_known:
        print(f"{network.title}: {len(law.states)} states, at most {law.lost.max():.1e} of the probability lost.")
    else:
        print(
            f"{network.title}: the exact law stays unknown; it needs more than {params.max_states} states, "
            "or some are too short-lived to follow."
        )
    write_exact_law(
        snakemake.output[0], law, species=list(network.species), title=network.title, made_by=stamp(snakemake)
    )


run(main, snakemake)  # noqa: F821
