"""Check a user's file, also against its system; print and write what was understood."""

import numpy as np

from weightflow.config.data_checks import check_system
from weightflow.config.figure_text import check_variables
from weightflow.data.preparation import check_observed, check_states, observed_times
from weightflow.data.settings import DatasetSettings
from weightflow.formats.downloads import check_sum
from weightflow.formats.reading import as_files, read_raw_snapshots
from weightflow.jobs.frame import run
from weightflow.jobs.screen import say
from weightflow.records.digests import joint_digest
from weightflow.storage import write_json
from weightflow.systems.reading import read_system


def main(snakemake):
    settings = DatasetSettings.model_validate(snakemake.params.settings)
    files = as_files(snakemake.input.file)
    if sums := as_files(settings.sha256):
        for path, wanted in zip(files, sums, strict=True):
            check_sum(path, wanted, "the config")
    raw, where = read_raw_snapshots(files, settings), ", ".join(files)
    check_states(raw, settings, where)
    check_variables(raw.variables, where)
    check_observed(observed_times(np.asarray(raw.times, dtype=float), settings, where), where)
    if sources := snakemake.input.get("system"):
        system = read_system(sources[0])
        check_system(raw, settings.system, system.species, system.points, where)
    lines = "".join(f"  {line}\n" for line in raw.summary().splitlines())
    print(lines)
    say(f"{where} is read as:\n{lines}")  # on the screen, before anything trains
    found = {
        "file": where,
        "sha256": joint_digest(files),
        "times": len(raw.times),
        "states": [len(snapshot) for snapshot in raw.states],
        "variables": raw.variables,
        "notes": raw.notes,
    }
    write_json(snakemake.output[0], found)


run(main, snakemake)  # noqa: F821
