"""Check a user's states against the data set, before training; print what was understood."""

import sys
from pathlib import Path

from weightflow.data.snapshots import read_snapshots
from weightflow.formats.settings import FileSettings
from weightflow.jobs.frame import run
from weightflow.prediction.scored_states import read_scored
from weightflow.storage import write_json


def main(snakemake):
    path, params = snakemake.input.states, snakemake.params
    settings = FileSettings.model_validate(params.settings)
    table = read_scored(Path(path), settings, read_snapshots(snakemake.input.snapshots), params.ends)
    line = f"{len(table.times)} states from time {table.times.min():g} to {table.times.max():g}"
    sys.stderr.write(f"{path} is read as:\n  {line}\n")
    write_json(snakemake.output[0], {"file": path, "states": len(table.times)})


run(main, snakemake)  # noqa: F821
