"""Print the provenance of a figure or another result."""

import sys
from pathlib import Path

from weightflow.jobs.frame import run
from weightflow.records.lineage import describe_artefact, describe_figures
from weightflow.records.record import root_of


def main(snakemake):
    artefact, log = snakemake.params.artefact, Path(snakemake.log[0])
    text = describe_artefact(artefact) if artefact else describe_figures(root_of(log), log.parents[1])
    print(text, file=sys.__stdout__)


run(main, snakemake)  # noqa: F821
