"""Fit the field that moves the weights through time."""

from pathlib import Path

from weightflow.data.snapshots import read_training
from weightflow.dynamics.field_files import make_field, write_field
from weightflow.dynamics.field_fitting import Material, Monitor, fit_dynamics, table_of_losses
from weightflow.dynamics.latent_path import read_latent_path
from weightflow.dynamics.released import load_field_of_release
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.dynamics.weight_spline import read_spline
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.seeding import Computation
from weightflow.storage import read_json, write_table
from weightflow.teaching.smoothing import smoothed_lesson
from weightflow.teaching.teachers import read_teachers


def main(snakemake):
    inputs, seed = snakemake.input, int(snakemake.wildcards.seed)
    settings = ModelSettings.parts(snakemake.params.settings)
    graph = read_weight_graph(inputs.graph)
    path = read_latent_path(inputs.path).coordinates if inputs.path else None
    curve = read_spline(inputs.curve) if inputs.curve else None
    material = Material(graph)
    if inputs.snapshots:  # only for behavioural terms or a divergence
        data = read_training(inputs.snapshots, settings.data.share)
        backbone = make_backbone(graph.backbone, data.variables, data.space)
        told, choice = None, read_json(inputs.choice, "roughness", "kernel", "independence") if inputs.choice else {}
        if inputs.teacher:
            teachers = read_teachers(inputs.teacher)
            told = smoothed_lesson(teachers, data, snakemake.params.points, choice, seed)
        material = Material(graph, data.coordinates, backbone, told, choice.get("roughness", 0.0))
    stop = read_json(inputs.steps, "steps")["steps"] if inputs.steps else None
    device = job_device(snakemake)
    field = make_field(graph, path, settings.dynamics, seed, curve)
    output = Path(snakemake.output.dynamics)
    checkpoint = output.with_name("dynamics_checkpoint.safetensors")
    monitor, computation = Monitor(checkpoint, stop=stop), Computation(seed, device)
    if folder := settings.released.folder:
        load_field_of_release(folder, field)
        losses = table_of_losses([])
    else:
        losses = fit_dynamics(field, material, settings.solver, settings.training, computation, monitor)
    write_field(output, field, made_by=stamp(snakemake), device=str(device))
    write_table(snakemake.output.losses, losses)


run(main, snakemake)  # noqa: F821
