"""Print the provenance of a figure or another result."""

import sys

from weightflow.jobs.frame import run
from weightflow.records.lineage import describe_artefact, describe_figures
from weightflow.records.record import root_of


def main(snakemake):
    artefact = snakemake.params.artefact
    text = describe_artefact(artefact) if artefact else describe_figures(root_of(snakemake.log[0]))
    print(text, file=sys.__stdout__)


run(main, snakemake)  # noqa: F821
