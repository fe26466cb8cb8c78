"""Write the configuration as it took effect, with every default; it reproduces the run as a --configfile."""

import json

import yaml

from weightflow.job import run
from weightflow.storage import write_text


def main(snakemake):
    config = json.loads(json.dumps(snakemake.params.config))  # every value written out where it is
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    write_text(snakemake.output[0], f"# Made by the workflow; use it again with --configfile.\n{text}")


run(main, snakemake)  # noqa: F821
