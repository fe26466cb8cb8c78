"""Sample and score the moving density of the learned weight-space spline at every time of the data."""

from weightflow.backbones import make_backbone
from weightflow.device import job_device
from weightflow.interpolation import fine_times
from weightflow.job import run
from weightflow.laws import known_law
from weightflow.moving_density import predict_from_weights
from weightflow.prediction import write_prediction
from weightflow.provenance import stamp
from weightflow.snapshots import read_snapshots
from weightflow.weight_graph import read_weight_graph
from weightflow.weight_spline import read_spline


def main(snakemake):
    data, curve = read_snapshots(snakemake.input.snapshots), read_spline(snakemake.input.curve)
    settings = read_weight_graph(snakemake.input.graph).backbone
    backbone = make_backbone(settings, data.variables, data.states)
    fine, device = fine_times(data.observed_times), job_device(snakemake)
    seed, law = int(snakemake.wildcards.seed), known_law(snakemake.input.law)
    prediction = predict_from_weights(
        backbone, curve.at(data.times), curve.at(fine), fine, data, snakemake.params.samples, seed, device, law
    )
    write_prediction(snakemake.output[0], prediction, made_by=stamp(snakemake), device=str(device))


run(main, snakemake)  # noqa: F821
