"""Draw how well each left-out snapshot is predicted from all the others."""

import pandas as pd

from weightflow.baselines.registry import SPLIT_HALF
from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.leave_one_out import plot_leave_one_out


def main(snakemake):
    scores = pd.read_csv(snakemake.input.scores)
    own = scores[scores["dataset"] == snakemake.wildcards.dataset]
    lines = style.lines([*snakemake.params.runs, SPLIT_HALF])
    style.save(plot_leave_one_out(own, lines, read_snapshots(snakemake.input.snapshots).time_label), snakemake.output)


run(main, snakemake)  # noqa: F821
