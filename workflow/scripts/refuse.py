"""Fail with an error sentence."""

from weightflow.errors import InputError
from weightflow.jobs.frame import run


def main(snakemake):
    raise InputError(snakemake.params.sentence)


run(main, snakemake)  # noqa: F821
