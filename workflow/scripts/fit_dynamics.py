"""Fit the field that moves the weights through time."""

from pathlib import Path

from weightflow.device import job_device
from weightflow.dynamics import Solver
from weightflow.fitting import fit_dynamics, make_field, write_field
from weightflow.job import run
from weightflow.latent_path import read_latent_path
from weightflow.provenance import stamp
from weightflow.storage import write_table
from weightflow.weight_graph import read_weight_graph


def main(snakemake):
    settings, seed = snakemake.params.settings, int(snakemake.wildcards.seed)
    graph = read_weight_graph(snakemake.input.graph)
    path = read_latent_path(snakemake.input.path)[1] if snakemake.input.path else None
    device = job_device(snakemake)
    field = make_field(graph, path, settings["dynamics"], seed)
    output = Path(snakemake.output.dynamics)
    losses = fit_dynamics(
        field,
        graph,
        Solver(**settings["solver"]),
        settings["training"],
        seed,
        device,
        checkpoint=output.with_name("dynamics_checkpoint.safetensors"),
    )
    write_field(output, field, made_by=stamp(snakemake), device=str(device))
    write_table(snakemake.output.losses, losses)


run(main, snakemake)  # noqa: F821
