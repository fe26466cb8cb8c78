"""Gather the metrics and floors at the left-out snapshots of all folds."""

from pathlib import Path

import pandas as pd

from weightflow import seeding
from weightflow.baselines.registry import SPLIT_HALF
from weightflow.data.folds import fold_of
from weightflow.data.snapshots import read_snapshots
from weightflow.evaluation.leave_one_out import left_out_scores, split_half_floor, summarise_folds
from weightflow.jobs.frame import run
from weightflow.storage import write_table


def main(snakemake):
    tables = [pd.read_csv(path) for path in snakemake.input.metrics]
    seeds, left_out, floors = sorted({int(seed) for table in tables for seed in table["seed"]}), {}, []
    for path in snakemake.input.snapshots:
        data, name = read_snapshots(path), Path(path).parent.name
        left_out[name] = data.times[data.left_out]
        for seed in seeds:
            rng = seeding.stream(seed, "split half", name)
            found = split_half_floor(data.truth[data.left_out], rng, snakemake.params.samples)
            row = {"dataset": fold_of(name)[0], "model": SPLIT_HALF, "seed": seed, "time": left_out[name]}
            floors += [row | {"metric": metric, "value": value} for metric, value in found.items()]
    scores = pd.concat([left_out_scores(tables, left_out), pd.DataFrame(floors)], ignore_index=True)
    write_table(snakemake.output.scores, scores)
    write_table(snakemake.output.summary, summarise_folds(scores))


run(main, snakemake)  # noqa: F821
