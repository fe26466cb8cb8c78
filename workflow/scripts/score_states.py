"""Score a user's states with every model."""

from pathlib import Path

from weightflow.data.snapshots import read_snapshots
from weightflow.formats.settings import FileSettings
from weightflow.jobs.frame import run
from weightflow.prediction.fitted import read_each
from weightflow.prediction.scored_states import read_scored, score_states, write_scored


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    data, settings = read_snapshots(inputs.snapshots), FileSettings.model_validate(params.settings)
    table = read_scored(Path(inputs.states), settings, data, params.ends)
    models = read_each(params.runs, inputs.files, params.settings_of, data)
    write_scored(snakemake.output[0], score_states(table, data, models))


run(main, snakemake)  # noqa: F821
