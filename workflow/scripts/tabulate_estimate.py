"""Gather the estimated costs of the stages, and print them."""

from weightflow.data.folds import interior
from weightflow.data.snapshots import observed_count
from weightflow.jobs.frame import run
from weightflow.jobs.screen import say
from weightflow.machine import processors
from weightflow.report.estimate import StageJobs, estimate_table, say_estimate
from weightflow.storage import read_json, write_table


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    counts = map(observed_count, inputs.snapshots)
    folds = [len(interior(count)) if params.leave_one_out else 0 for count in counts]
    by_name = dict(zip(params.datasets, folds, strict=True))
    stages = [StageJobs(**stage) for stage in params.stages]
    table = estimate_table(stages, map(read_json, inputs.costs), by_name)
    write_table(snakemake.output[0], table)
    say(say_estimate(table, processors(), params.cards))


run(main, snakemake)  # noqa: F821
