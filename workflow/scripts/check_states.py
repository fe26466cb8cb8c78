"""Check a user's states against the data set, before training; print what was understood."""

import sys
from pathlib import Path

from weightflow.data.snapshots import read_snapshots
from weightflow.formats.settings import FileSettings
from weightflow.jobs.frame import run
from weightflow.prediction.scored_states import describe_scored, read_scored
from weightflow.storage import write_json


def main(snakemake):
    path, params = snakemake.input.states, snakemake.params
    settings = FileSettings.model_validate(params.settings)
    data = read_snapshots(snakemake.input.snapshots)
    table = read_scored(Path(path), settings, data, params.ends)
    sys.stderr.write(f"{path} is read as:\n  {describe_scored(table, data)}\n")
    write_json(snakemake.output[0], {"file": path, "states": len(table.times)})


run(main, snakemake)  # noqa: F821
