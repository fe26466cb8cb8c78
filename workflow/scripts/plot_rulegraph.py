"""Draw the rules of the workflow and what each waits for."""

from pathlib import Path

from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.rule_graph import plot_rule_graph, read_rule_graph


def main(snakemake):
    graph = read_rule_graph(Path(snakemake.input[0]).read_text(encoding="utf-8"))
    style.save(plot_rule_graph(graph), snakemake.output)


run(main, snakemake)  # noqa: F821
