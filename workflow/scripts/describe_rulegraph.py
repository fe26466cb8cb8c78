"""Get the rules of the workflow and their dependencies from Snakemake."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from weightflow.jobs.frame import run
from weightflow.plots.rulegraph import read_rule_graph, rule_graph_dot
from weightflow.records.digests import LIBRARY
from weightflow.records.record import root_of
from weightflow.storage import write_text
from weightflow.yaml_files import config_text

# The prefix is an empty folder: other jobs replace results meanwhile, which would end Snakemake with an error.
SNAKEFILE = """
module weightflow:
    snakefile: {snakefile!r}
    config: config
    prefix: {prefix!r}


use rule * from weightflow
"""


def main(snakemake):
    config = {**snakemake.params.config, "described": str(root_of(snakemake.output[0]))}
    with tempfile.TemporaryDirectory() as folder:
        main_file = str(LIBRARY.parents[1] / "Snakefile")
        lines = SNAKEFILE.format(snakefile=main_file, prefix=os.path.relpath(folder))
        files = {"Snakefile": lines, "config.yaml": config_text(config)}
        snakefile, configfile = (Path(folder, name) for name in files)
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        command = [os.environ["WEIGHTFLOW_PYTHON"], "-m", "snakemake", "all", "--snakefile", snakefile]
        # The command takes no lock, and must not read the profiles of the running workflow.
        command += ["--profile", "none", "--workflow-profile", "none", "--rulegraph", "dot", "--configfile", configfile]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=sys.stdout, text=True).stdout
    # The order of Snakemake's text differs between calls.
    write_text(snakemake.output[0], rule_graph_dot(read_rule_graph(told)))


run(main, snakemake)  # noqa: F821
