"""Say which model, baseline or time does not suit a data set."""

from weightflow.config.data_checks import Asked, check_asked
from weightflow.data.outline import read_outline
from weightflow.jobs.frame import run
from weightflow.storage import write_json


def main(snakemake):
    dataset, asked = snakemake.wildcards.dataset, snakemake.params.asked
    check_asked(read_outline(snakemake.input[0]), dataset, Asked(**asked))
    write_json(snakemake.output[0], {"models": list(asked["models"])})


run(main, snakemake)  # noqa: F821
