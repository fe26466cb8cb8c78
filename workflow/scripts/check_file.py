"""Read a user's file and refuse what no later stage could use; write what was found in it."""

from weightflow.errors import InputError
from weightflow.job import run
from weightflow.provenance import file_digest
from weightflow.readers import read_recording
from weightflow.snapshots import check_observed, check_states, observed_mask
from weightflow.storage import write_json


def main(snakemake):
    path, settings = snakemake.input[0], snakemake.params.settings
    digest = file_digest(path)
    if settings["sha256"] not in (None, digest):
        raise InputError(f"{path}: its checksum is {digest}, not the sha256 in the config; get the right file.")
    recording = read_recording(path, settings)
    discrete = settings["kind"] == "discrete"
    check_states(recording.states, recording.times, discrete, settings["max_states"], path)
    check_observed(observed_mask(len(recording.times), settings["observe_every"]), path)
    found = {
        "file": path,
        "sha256": digest,
        "times": len(recording.times),
        "states": [len(snapshot) for snapshot in recording.states],
        "variables": recording.variables,
    }
    write_json(snakemake.output[0], found)


run(main, snakemake)  # noqa: F821
