"""Get the rules of the workflow and their dependencies from Snakemake."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from weightflow.jobs.frame import run
from weightflow.plots.rulegraph import read_rule_graph, rule_graph_dot
from weightflow.records.digests import LIBRARY
from weightflow.storage import write_text
from weightflow.yaml_files import config_text


def main(snakemake):
    params = snakemake.params
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.yaml")
        config.write_text(config_text(params.config), encoding="utf-8")
        command = [os.environ["WEIGHTFLOW_PYTHON"], "-m", "snakemake", "--snakefile", LIBRARY.parents[1] / "Snakefile"]
        command += ["--configfile", config]
        # The command takes no lock, and must not read the profiles of the running workflow.
        command += ["--profile", "none", "--workflow-profile", "none", "--rulegraph", "dot"]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=sys.stdout, text=True).stdout
    # The order of Snakemake's text differs between calls.
    write_text(snakemake.output[0], rule_graph_dot(read_rule_graph(told)))


run(main, snakemake)  # noqa: F821
