"""Gather seconds, memory and device of every stage of every run."""

from pathlib import Path

import pandas as pd

from weightflow.jobs.frame import run
from weightflow.records.integrity import check_inputs
from weightflow.report.estimate import compare_estimate
from weightflow.report.runtime import StageRun, runtime_table
from weightflow.storage import write_table


def main(snakemake):
    artefacts, runs = iter(snakemake.input.artefacts), []
    for job, benchmark in zip(snakemake.params.jobs, snakemake.input.benchmarks, strict=True):
        artefact = next(artefacts) if job.pop("names_device") else None
        runs.append(StageRun(**job, benchmark=benchmark, artefact=artefact))
    table = runtime_table(runs)
    # An existing estimate is used; as an input of the rule it would be computed.
    estimate = Path(snakemake.output[0]).with_name("estimate.csv")
    if estimate.is_file():
        check_inputs([str(estimate)], snakemake.output)
        table = compare_estimate(table, pd.read_csv(estimate))
    write_table(snakemake.output[0], table)


run(main, snakemake)  # noqa: F821
