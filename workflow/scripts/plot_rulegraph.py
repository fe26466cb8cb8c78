"""Draw the rules of the workflow and what each waits for."""

from weightflow.job import run
from weightflow.plots import style
from weightflow.plots.rule_graph import plot_rule_graph, rule_graph
from weightflow.storage import read_json


def main(snakemake):
    style.save(plot_rule_graph(rule_graph(read_json(snakemake.input[0]))), snakemake.output)


run(main, snakemake)  # noqa: F821
