"""Draw the latent paths that drive the neural CDEs."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.latent_path import plot_latent_path
from weightflow.storage import read_tensors


def main(snakemake):
    paths = {}
    for model, path in zip(snakemake.params.models, snakemake.input.paths, strict=True):
        tensors = read_tensors(path, "latent path").tensors
        paths[model] = tensors["times"], tensors["coordinates"]
    figure = plot_latent_path(paths, read_snapshots(snakemake.input.snapshots).time_label)
    style.save(figure, snakemake.output)


run(main, snakemake)  # noqa: F821
