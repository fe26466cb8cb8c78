"""Refuse models whose settings do not suit the data, before any of them is trained."""

from weightflow.job import run
from weightflow.latent_path import check_dimension
from weightflow.snapshots import check_last_time, read_snapshots
from weightflow.storage import write_json


def main(snakemake):
    data = read_snapshots(snakemake.input[0])
    snapshots, where = len(data.observed), f"data set {snakemake.wildcards.dataset}"
    for model, z_dim in snakemake.params.z_dim.items():
        check_dimension(z_dim, snapshots, f"{where}: models.{model}.path.z_dim")
    check_last_time(data, snakemake.params.bounded, where)
    write_json(snakemake.output[0], {"snapshots": snapshots, "z_dim": snakemake.params.z_dim})


run(main, snakemake)  # noqa: F821
