"""Read a user's file and refuse what no later stage could use, or its system not have made; write what was found."""

from weightflow.errors import InputError
from weightflow.job import run
from weightflow.provenance import file_digest
from weightflow.readers import read_recording
from weightflow.snapshots import check_observed, check_states, observed_mask
from weightflow.storage import write_json
from weightflow.suitability import check_system
from weightflow.systems import read_system


def main(snakemake):
    path, settings = snakemake.input.file, snakemake.params.settings
    digest = file_digest(path)
    if settings["sha256"] not in (None, digest):
        raise InputError(f"{path}: its checksum is {digest}, not the sha256 in the config; get the right file.")
    recording = read_recording(path, settings)
    discrete = settings["kind"] == "discrete"
    check_states(recording.states, recording.times, discrete, settings["max_states"], path)
    check_observed(observed_mask(len(recording.times), settings["observe_every"]), path)
    if sources := snakemake.input.get("system"):
        system = read_system(sources[0])
        check_system(recording, settings["system"], system.species, system.points, path)
    found = {
        "file": path,
        "sha256": digest,
        "times": len(recording.times),
        "states": [len(snapshot) for snapshot in recording.states],
        "variables": recording.variables,
    }
    write_json(snakemake.output[0], found)


run(main, snakemake)  # noqa: F821
