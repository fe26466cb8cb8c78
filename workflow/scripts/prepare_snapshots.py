"""Convert a file or simulated trajectories to the canonical snapshots file."""

import numpy as np

from weightflow import seeding
from weightflow.data.preparation import assemble, check_states, heldout_amount
from weightflow.data.relations import Relation
from weightflow.data.settings import DatasetSettings
from weightflow.data.simulated import Simulated
from weightflow.data.snapshots import write_snapshots
from weightflow.errors import InputError
from weightflow.formats.raw_snapshots import RawSnapshots
from weightflow.formats.reading import as_files, read_raw_snapshots
from weightflow.jobs.frame import run
from weightflow.jobs.screen import say
from weightflow.records.digests import joint_digest
from weightflow.storage import read_json, read_tensors
from weightflow.systems.system import steps_label


def main(snakemake):
    settings, source = DatasetSettings.model_validate(snakemake.params.settings), {}
    simulated, heldout = None, None
    if simulated_path := snakemake.input.get("simulated"):
        simulated = read_tensors(simulated_path, "trajectories")
        source["system"] = simulated.metadata["made_by"]
        states = Simulated.of(simulated.tensors)
        heldout = states.heldout
    if settings.file:
        files, checked = as_files(snakemake.input.file), read_json(snakemake.input.source)
        raw = read_raw_snapshots(files, settings)
        if joint_digest(files) != checked["sha256"]:
            raise InputError(f"{', '.join(files)}: changed since it was checked; run again.")
        source["file"] = checked
    else:
        times = np.arange(len(states.training), dtype=float)
        label = steps_label(simulated.metadata["step"])
        raw = RawSnapshots(times, states.training, simulated.metadata["species"], states.paired, time_label=label)
        check_states(raw, settings, f"the system {settings.system}")
    draws = seeding.stream(settings.seed, "split")
    known = [Relation.from_metadata(**one) for one in simulated.metadata["relations"]] if simulated else []
    data = assemble(raw, heldout, settings, heldout_amount(settings), draws, snakemake.params.fold, known)
    write_snapshots(snakemake.output[0], data, source)
    if data.relations:
        found = "; ".join(data.relations)
        say(f"{snakemake.wildcards.dataset}: {found} in every training state, which the models keep.\n")


run(main, snakemake)  # noqa: F821
