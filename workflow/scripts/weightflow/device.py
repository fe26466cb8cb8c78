"""The device a job computes on."""

import logging
from typing import Any

import torch


def job_device(snakemake: Any) -> torch.device:
    """The card if the rule asked for one (`resources: gpu=1`) and there is one, else the CPU.

    On the CPU one thread computes: the networks are small, and a fixed order of sums gives the same
    bytes whatever `--cores` says.
    """
    torch.set_num_threads(1)
    wanted = bool(snakemake.resources.get("gpu", 0))
    device = torch.device("cuda" if wanted and torch.cuda.is_available() else "cpu")
    logging.info("computing on %s", torch.cuda.get_device_name() if device.type == "cuda" else "the CPU")
    return device
