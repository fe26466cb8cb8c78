"""Read a user's file and refuse what no later stage could use, or its system not have made; write what was found."""

from weightflow.config.data_checks import check_system
from weightflow.config.figure_text import check_variables
from weightflow.data.preparation import check_observed, check_states, observed_mask
from weightflow.formats.downloads import check_sum
from weightflow.formats.reading import as_files, read_recording
from weightflow.jobs.frame import run
from weightflow.records.digests import joint_digest
from weightflow.storage import write_json
from weightflow.systems.reading import read_system


def main(snakemake):
    settings = snakemake.params.settings
    files = as_files(snakemake.input.file)
    if sums := as_files(settings["sha256"]):
        for path, wanted in zip(files, sums, strict=True):
            check_sum(path, wanted, "the config")
    recording, where = read_recording(files, settings), ", ".join(files)
    check_states(recording, settings, where)
    check_variables(recording.variables, where)
    check_observed(observed_mask(len(recording.times), settings["observe_every"], settings["hold_back"]), where)
    if sources := snakemake.input.get("system"):
        system = read_system(sources[0])
        check_system(recording, settings["system"], system.species, system.points, where)
    found = {
        "file": where,
        "sha256": joint_digest(files),
        "times": len(recording.times),
        "states": [len(snapshot) for snapshot in recording.states],
        "variables": recording.variables,
    }
    write_json(snakemake.output[0], found)


run(main, snakemake)  # noqa: F821
