"""The frame of every Snakemake script: its log, its records, and one sentence for each error."""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from weightflow.errors import DivergenceError, InputError, WriteError
from weightflow.jobs.process import end_with_run, keep_freed_memory, one_thread
from weightflow.jobs.screen import leave_sentence, say
from weightflow.records import digests
from weightflow.records.digests import Made
from weightflow.records.integrity import check_inputs
from weightflow.records.record import forget, input_digests, write_records


def run(main: Callable[[Any], None], snakemake: Any, gives_way: bool = False) -> None:
    """Run `main(snakemake)` with messages, warnings and tracebacks in the rule's log.

    An expected error ends the script with its sentence on standard error. An
    unexpected one ends it with the name of the log, which holds the traceback.

    Args:
        main: the script's work.
        snakemake: the object that Snakemake gives to scripts.
        gives_way: whether the job runs at low priority, since no other job waits for it.
    """
    if gives_way:
        os.nice(15)
    keep_freed_memory()
    end_with_run()
    log = str(snakemake.log[0])
    logging.raiseExceptions = False  # a full disk must not hide the error's sentence
    try:
        sentence = _run(main, snakemake, log)
    except OSError as fault:  # from the log itself
        sentence = f"Error: {WriteError(log, fault.strerror or str(fault))}"
    if sentence:
        say(f"\n{sentence}\n")
        leave_sentence(sentence)
        sys.exit(1)


def made_by(snakemake: Any) -> Made:
    """Rule, wildcards and parameters of a script, for records."""
    return Made(snakemake.rule, dict(snakemake.wildcards.items()), dict(snakemake.params.items()))


def stamp(snakemake: Any) -> dict[str, Any]:
    """Rule, wildcards, parameters and input digests of a job (`digests.stamp`), for the metadata of its results."""
    return digests.stamp(made_by(snakemake), snakemake.input)


def _run(main: Callable[[Any], None], snakemake: Any, log: str) -> str | None:
    """Run `main(snakemake)`; the sentence of its error, or None."""
    os.makedirs(os.path.dirname(log) or ".", exist_ok=True)
    with open(log, "w", encoding="utf-8", buffering=1) as stream, redirect_stdout(stream):
        logging.basicConfig(stream=stream, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        logging.captureWarnings(True)
        try:
            forget(snakemake.output)
            check_inputs(snakemake.input, snakemake.output)
            inputs = input_digests(snakemake.input)
            with one_thread():
                main(snakemake)
            write_records(made_by(snakemake), snakemake.output, inputs)
        except (InputError, DivergenceError, WriteError) as fault:
            logging.error("%s", fault)
            return f"Error: {fault}"
        except Exception as fault:
            logging.exception("The script failed.")
            return f"Error in rule {snakemake.rule}: {type(fault).__name__}: {fault} (traceback in {log})"
    return None
