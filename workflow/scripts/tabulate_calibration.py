"""Tabulate the calibration of every model at all times with held-out states, and at left-out snapshots."""

from pathlib import Path

from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.calibration import tabulate_calibration
from weightflow.evaluation.moments import Run
from weightflow.jobs.frame import run
from weightflow.prediction.predictions import read_prediction
from weightflow.storage import write_table


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    data = {Path(path).parent.name: read_snapshots(path) for path in inputs.snapshots}
    runs = (
        Run(name, model, seed, data[name], read_prediction(path))
        for (name, model, seed), path in zip(params.runs, inputs.predictions, strict=True)
    )
    write_table(snakemake.output[0], tabulate_calibration(runs))


run(main, snakemake)  # noqa: F821
