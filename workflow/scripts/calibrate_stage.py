"""Estimate the cost of one stage of a model from short runs."""

import resource
import time

import psutil

from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.jobs.device import job_device
from weightflow.jobs.estimate import Work, seconds_of_stage
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law
from weightflow.storage import write_json

STARTED = time.time() - psutil.Process().create_time()  # seconds of a job's start-up


def main(snakemake):
    params, stage = snakemake.params, snakemake.wildcards.stage
    data, law = read_snapshots(snakemake.input.snapshots), known_law(snakemake.input.law)
    model = ModelSettings.model_validate(params.model)
    work = Work(data, model, params.samples, params.joint_every, law, job_device(snakemake), tuple(params.seeds))
    seconds = seconds_of_stage(work, stage)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB
    write_json(snakemake.output[0], {"seconds": STARTED + seconds, "max_rss_mb": peak, "device": str(work.device)})


run(main, snakemake)  # noqa: F821
