"""Draw the rules of the workflow and what each waits for."""

import subprocess
import sys

from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.rule_graph import plot_rule_graph, read_rule_graph


def main(snakemake):
    command = [snakemake.params.python, "-m", "snakemake", "--snakefile", snakemake.params.snakefile]
    # Drawing the graph takes no lock, and no profile of the running workflow may change what it draws.
    command += ["--profile", "none", "--workflow-profile", "none"]
    command += ["--configfile", snakemake.input[0], "--rulegraph", "dot"]
    dot = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=sys.stdout, text=True).stdout
    style.save(plot_rule_graph(read_rule_graph(dot)), snakemake.output)


run(main, snakemake)  # noqa: F821
