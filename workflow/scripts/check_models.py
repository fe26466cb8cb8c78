"""Refuse models whose settings do not suit the data, before any of them is trained."""

from weightflow.job import run
from weightflow.latent_path import check_dimension
from weightflow.snapshots import read_snapshots
from weightflow.storage import write_json


def main(snakemake):
    snapshots = len(read_snapshots(snakemake.input[0]).observed)
    dataset = snakemake.wildcards.dataset
    for model, z_dim in snakemake.params.z_dim.items():
        check_dimension(z_dim, snapshots, f"data set {dataset}: models.{model}.path.z_dim")
    write_json(snakemake.output[0], {"snapshots": snapshots, "z_dim": snakemake.params.z_dim})


run(main, snakemake)  # noqa: F821
