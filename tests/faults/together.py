"""Two runs at once in one folder: the lock refuses the second; without the lock both end with correct results."""

import time
from collections.abc import Iterator

from bench import MUTE, SENTENCE, Bench, Ended, Outcome

_FAULT, _REFUSED = "two runs at once", "Directory cannot be locked"


def trials(bench: Bench, tries: int) -> Iterator[Outcome]:
    """Runs of a folder in which a random share is made already."""
    draws = bench.draws("together")
    for _ in range(tries):
        share = draws.uniform(0.2, 0.8)
        folder = bench.copy("together", share)
        first = bench.start(folder)
        while first.poll() is None and not any((folder / ".snakemake" / "locks").glob("*")):
            time.sleep(0.1)
        second = bench.run(folder)
        refused = second.status != 0 and _REFUSED in second.output and "Traceback" not in second.output
        yield Outcome(_FAULT, f"the second, after {share:.0%}", SENTENCE if refused else MUTE, second.last_words)
        first.wait()
        ended = Ended(first.returncode, (folder / "run.log").read_text(encoding="utf-8"))
        yield bench.judge(_FAULT, f"the first, after {share:.0%}", ended, folder)

        folder = bench.copy("together", share)
        runs = [bench.start(folder, flags=("--nolock",), log=f"run{k}.log") for k in range(2)]
        for k, status in enumerate([run.wait() for run in runs]):
            ended = Ended(status, (folder / f"run{k}.log").read_text(encoding="utf-8"))
            if status == 0 or runs[1 - k].returncode:  # where one of them stops, the other may end
                yield bench.judge(_FAULT, f"--nolock, after {share:.0%}, run {k}", ended, folder)
        yield bench.judge(_FAULT, f"--nolock, after {share:.0%}: goes on", bench.resume(folder), folder)
