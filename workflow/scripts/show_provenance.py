"""Print what a figure, or another result, was made from."""

import sys

from weightflow.job import run
from weightflow.lineage import describe_artefact, describe_figures


def main(snakemake):
    artefact = snakemake.params.artefact
    print(describe_artefact(artefact) if artefact else describe_figures(), file=sys.__stdout__)


run(main, snakemake)  # noqa: F821
