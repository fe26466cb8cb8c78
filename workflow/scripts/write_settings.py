"""Write the configuration as it took effect, with every default; it reproduces the run as a --configfile."""

import yaml

from weightflow.job import run
from weightflow.storage import write_text


def main(snakemake):
    text = yaml.safe_dump(snakemake.params.config, sort_keys=False, allow_unicode=True)
    write_text(snakemake.output[0], f"# Made by the workflow; use it again with --configfile.\n{text}")


run(main, snakemake)  # noqa: F821
