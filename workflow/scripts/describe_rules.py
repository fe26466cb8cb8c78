"""Ask Snakemake for the rules of the workflow and what each waits for."""

import subprocess
import sys

from weightflow.job import run
from weightflow.plots.rule_graph import parse_rule_graph, waited_for
from weightflow.storage import write_json


def main(snakemake):
    command = [snakemake.params.python, "-m", "snakemake", "--snakefile", snakemake.params.snakefile]
    # Drawing the graph takes no lock, and no profile of the running workflow may change what it draws.
    command += ["--profile", "none", "--workflow-profile", "none"]
    command += ["--configfile", snakemake.input[0], "--rulegraph", "dot"]
    dot = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=sys.stdout, text=True).stdout
    write_json(snakemake.output[0], waited_for(parse_rule_graph(dot)))


run(main, snakemake)  # noqa: F821
