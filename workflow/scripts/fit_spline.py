"""Fit the learned weight-space spline, starting at the spline through the anchors."""

from weightflow.data.snapshots import read_training
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.spline_fitting import fit_taught_spline
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.dynamics.weight_spline import write_spline
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.seeding import Computation
from weightflow.storage import read_json, write_table
from weightflow.teaching.teachers import read_teachers


def main(snakemake):
    settings = ModelSettings.parts(snakemake.params.settings)
    data = read_training(snakemake.input.snapshots, settings.data.share)
    graph = read_weight_graph(snakemake.input.graph)
    teachers = read_teachers(snakemake.input.teacher) if snakemake.input.teacher else None
    smoothing, device = read_json(snakemake.input.choice), job_device(snakemake)
    computation = Computation(int(snakemake.wildcards.seed), device)
    curve, losses = fit_taught_spline(data, graph, settings, teachers, smoothing, computation)
    write_spline(snakemake.output.spline, curve, made_by=stamp(snakemake), device=str(device))
    write_table(snakemake.output.losses, losses)


run(main, snakemake)  # noqa: F821
