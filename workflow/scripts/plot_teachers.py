"""Draw how likely the candidates for teacher make the snapshots that were left out."""

import pandas as pd

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.plots import style
from weightflow.plots.teachers import plot_teachers
from weightflow.report.choices import TEACHER, Choice, rank_teachers
from weightflow.storage import read_json


def main(snakemake):
    inputs, params, ranked = snakemake.input, snakemake.params, {}
    for models, made, scores in zip(params.models, inputs.teachers, inputs.scores, strict=True):
        choice = Choice(TEACHER, models, None, read_json(made), pd.read_csv(scores))
        ranked[choice.title] = rank_teachers(choice, params.most)
    style.save(plot_teachers(ranked, read_snapshots(inputs.snapshots).time_label), snakemake.output)


run(main, snakemake)  # noqa: F821
