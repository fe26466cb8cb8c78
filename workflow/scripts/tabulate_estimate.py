"""Gather what stages are estimated to cost, and say it."""

import os
import sys

from weightflow.job import run
from weightflow.runtime import estimate_table, say_estimate
from weightflow.storage import read_json, write_table


def main(snakemake):
    found = [read_json(path) for path in snakemake.input]
    table = estimate_table(snakemake.params.stages, found)
    write_table(snakemake.output[0], table)
    sys.stderr.write(say_estimate(table, min(snakemake.params.cores, os.cpu_count() or 1)))


run(main, snakemake)  # noqa: F821
