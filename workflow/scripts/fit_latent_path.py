"""Reduce the anchors to the latent path that drives the CDE."""

from weightflow.data.snapshots import read_training
from weightflow.dynamics.latent_path import fit_latent_path, table_of_losses, write_latent_path
from weightflow.dynamics.path_autoencoder import Behaviour
from weightflow.dynamics.released import read_path_of_release
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.storage import write_table


def main(snakemake):
    graph = read_weight_graph(snakemake.input.graph)
    settings = ModelSettings.parts(snakemake.params.settings)
    device = job_device(snakemake)
    behaviour = None
    if snakemake.input.snapshots:  # only for a behavioural loss
        data = read_training(snakemake.input.snapshots, settings.data.share)
        backbone = make_backbone(graph.backbone, data.variables, data.space)
        behaviour = Behaviour(backbone, data.coordinates, device)
    seed = int(snakemake.wildcards.seed)
    if folder := settings.released.folder:
        coordinates, losses = read_path_of_release(folder, len(graph.times)), table_of_losses([])
    else:
        coordinates, losses = fit_latent_path(graph.weights, settings.path, seed, behaviour)
    write_latent_path(snakemake.output.path, graph.times, coordinates, made_by=stamp(snakemake), device=str(device))
    write_table(snakemake.output.losses, losses)


run(main, snakemake)  # noqa: F821
