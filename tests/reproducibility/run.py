"""Compare runs byte by byte: `python tests/reproducibility/run.py [case …]`.

Runs a configuration with 1, 2 and 8 cores, with an interruption from the keyboard and with one by `kill -9`, each
continued as docs/how-to/resume.md describes. Compares every file below results/ with that of the run on one core,
prints the number of equal files, and exits with 1 if one differs.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from comparison import MAY_DIFFER, compare

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "config" / "tiny.yaml"
STEPS = re.compile(r"^(\d+) of (\d+) steps")
STOPS = (0.3, 0.6)  # parts of the steps left at the start of a run, after which it is interrupted


@dataclass(frozen=True)
class Case:
    """How a run is made: on how many cores, and the signal that interrupts it, if any."""

    cores: int
    interruption: signal.Signals | None = None


REFERENCE = "cores-1"
CASES = {
    REFERENCE: Case(1),
    "cores-2": Case(2),
    "cores-8": Case(8),
    "interrupted": Case(2, signal.SIGINT),
    "killed": Case(2, signal.SIGKILL),
}


def make(case: Case, config: Path, folder: Path, targets: list[str]) -> None:
    """Run the workflow in a folder as a case says.

    Raises:
        RuntimeError: the run failed; the message is what it said last.
    """
    command = [sys.executable, "-m", "snakemake", "--configfile", str(config), "--directory", str(folder)]
    command += ["--cores", str(case.cores), "--nocolor", "--verbose"]
    for part in STOPS if case.interruption else ():
        if _start([*command, *targets], folder, part, case.interruption):
            raise RuntimeError(f"{folder.name}: the run was over before it was {part:.0%} done.")
        _check([*command, "--unlock"], folder)
    _check([*command, *targets], folder)


def _start(command: list[str], folder: Path, part: float, interruption: signal.Signals) -> bool:
    """Start a run, and interrupt it and all its jobs after a part of its steps; whether it was over before."""
    with open(folder / "said.txt", "a", encoding="utf-8") as said:
        run = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        interrupted = False
        for line in run.stdout:
            said.write(line)
            found = STEPS.match(line)
            if found and not interrupted and int(found[1]) >= part * int(found[2]):
                os.killpg(run.pid, interruption)  # its own process group, all of whose jobs are meant
                interrupted = True
        run.wait()
    return not interrupted or run.returncode == 0


def _check(command: list[str], folder: Path) -> None:
    made = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    with open(folder / "said.txt", "a", encoding="utf-8") as said:
        said.write(made.stdout)
    if made.returncode:
        raise RuntimeError(f"{folder.name}: the run failed.\n{made.stdout[-3000:]}")


def main() -> int:
    parser = argparse.ArgumentParser(description="The same bytes from every run of a configuration.")
    parser.add_argument("case", nargs="*", metavar="case", default=[], help=f"of {', '.join(CASES)}; all by default")
    parser.add_argument("--config", type=Path, default=TINY, help="a config file (tests/config/tiny.yaml)")
    parser.add_argument("--target", action="append", default=[], help="a target instead of the default one")
    parser.add_argument("--keep", type=Path, help="an empty folder where the runs are kept")
    chosen = parser.parse_args()
    if unknown := set(chosen.case) - set(CASES):
        parser.error(f"there is no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    # What a shell runs in the background ignores the keyboard, and so would the runs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    place = chosen.keep or Path(tempfile.mkdtemp(prefix="reproducibility-"))
    differ = 0
    for name in dict.fromkeys([REFERENCE, *(chosen.case or CASES)]):
        folder = place / name
        folder.mkdir(parents=True)
        print(f"{name} …", file=sys.stderr, flush=True)
        make(CASES[name], chosen.config.resolve(), folder, chosen.target)
        found = compare(place / REFERENCE / "results", folder / "results")
        if name != REFERENCE:
            print(f"{name}: {len(found.equal)} files equal, {len(found.different)} different, {len(found.alone)} alone")
            for path in found.different + found.alone:
                print(f"  {path}")
            differ += not found.is_same
    print("Not compared: " + "; ".join(f"{pattern} ({why})" for pattern, why in MAY_DIFFER.items()) + ".")
    if not chosen.keep:
        shutil.rmtree(place)
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
