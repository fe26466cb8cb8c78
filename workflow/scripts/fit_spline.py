"""Fit the learned weight-space spline, starting at the spline through the anchors."""

from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.spline_fitting import fit_spline
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.dynamics.weight_spline import knot_times, through, write_spline
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.networks.backbones import make_backbone
from weightflow.seeding import Computation
from weightflow.storage import read_json, write_table
from weightflow.teaching.smoothing import smoothed_lesson
from weightflow.teaching.teachers import read_teachers


def main(snakemake):
    settings, seed = ModelSettings.parts(snakemake.params.settings), int(snakemake.wildcards.seed)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    graph = read_weight_graph(snakemake.input.graph)
    teachers = read_teachers(snakemake.input.teacher) if snakemake.input.teacher else None
    smoothing = read_json(snakemake.input.choice)
    told = smoothed_lesson(teachers, data, settings.teacher.points, smoothing, seed)
    backbone = make_backbone(graph.backbone, data.variables, data.space)
    knots = knot_times(graph.times, settings.spline.knots, settings.spline.first_knots)
    start = through(graph.times, graph.weights, knots)
    device = job_device(snakemake)
    curve, losses = fit_spline(backbone, start, told, settings.spline, smoothing, Computation(seed, device))
    write_spline(snakemake.output.spline, curve, made_by=stamp(snakemake), device=str(device))
    write_table(snakemake.output.losses, losses)


run(main, snakemake)  # noqa: F821
