"""Write the complete configuration with defaults; as a --configfile it reproduces the run."""

from weightflow.jobs.frame import run
from weightflow.storage import write_text
from weightflow.yaml_files import config_text


def main(snakemake):
    text = config_text(snakemake.params.config)
    write_text(snakemake.output[0], f"# Made by the workflow; use it again with --configfile.\n{text}")


run(main, snakemake)  # noqa: F821
