"""Disturb runs of the workflow by faults and compare their results with an undisturbed run.

python tests/faults/run.py                                         everything, on the default config
python tests/faults/run.py --config tests/faults/small.yaml --faults kill corrupt
"""

import argparse
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import clock
import corrupt
import disk
import kill
import mounts
import together
from bench import MUTE, RIGHT, ROOT, SENTENCE, WRONG, Bench, Outcome

FAULTS = ("kill", "disk", "read-only", "clock", "together", "corrupt")


def main() -> None:
    """Run what is asked for; exit status 1 where a number was wrong, or a run stopped without a sentence."""
    options = _options()
    scratch = options.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.config.resolve(), scratch, options.cores, options.seed, tuple(options.targets))
    started = time.monotonic()
    _reference(bench, options.reference)
    print(f"undisturbed run: {time.monotonic() - started:.0f} s", flush=True)
    outcomes = []
    for fault in options.faults:
        for outcome in _trials(bench, fault, options):
            outcomes.append(outcome)
            said = f": {outcome.told}" if outcome.told else ""
            print(
                f"{time.monotonic() - started:6.0f} s  {outcome.fault}, {outcome.what}: {outcome.verdict}{said}",
                flush=True,
            )
    table = _table(outcomes)
    print(f"\n{table}")
    write_results(options.out, bench, outcomes, table)
    sys.exit(any(outcome.verdict in (MUTE, WRONG) for outcome in outcomes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=ROOT / "config" / "config.yaml", help="what is run")
    parser.add_argument("--targets", nargs="+", default=[], help="files to make, if not the default target")
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=FAULTS, help="kinds of fault")
    parser.add_argument("--kills", type=int, default=30, help="how often a run is killed")
    parser.add_argument("--tries", type=int, default=2, help="how often a disk fills, and two run at once")
    parser.add_argument("--artefacts", default="", help="regular expression: which kinds of file are damaged")
    parser.add_argument("--damages", type=int, default=99, help="how many damages each of them has")
    parser.add_argument(
        "--other-version",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="run an edited copy too, and damage files by its own in their place",
    )
    parser.add_argument("--seed", type=int, default=0, help="of moments, places and choices")
    parser.add_argument("--cores", type=int, default=2, help="that a run has")
    parser.add_argument("--workers", type=int, default=2, help="damaged files at a time")
    parser.add_argument("--scratch", type=Path, default=ROOT / ".cache" / "faults", help="where the runs go")
    parser.add_argument("--reference", type=Path, help="folder of an undisturbed run of this version and config")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "faults.md", help="the table; .json beside it")
    return parser.parse_args()


def _reference(bench: Bench, given: Path | None) -> None:
    """The undisturbed run: the one given, or one that is made; one from before is brought up to date."""
    if given is not None and given.resolve() != bench.reference:
        shutil.rmtree(bench.reference, ignore_errors=True)
        shutil.copytree(given, bench.reference, symlinks=True)
    ended = bench.resume(bench.reference)
    if ended.status:
        sys.exit(f"The undisturbed run failed:\n{ended.output[-4000:]}")


def _trials(bench: Bench, fault: str, options: argparse.Namespace) -> Iterator[Outcome]:
    if fault in ("disk", "read-only") and (reason := mounts.why_not()):
        return iter([Outcome(fault, "all", "skipped", reason)])
    if fault == "corrupt":
        donor = corrupt.other_version(bench) if options.other_version else None
        return corrupt.trials(bench, donor, options.artefacts, options.damages, options.workers)
    return {
        "kill": lambda: kill.trials(bench, options.kills),
        "disk": lambda: disk.full(bench, options.tries),
        "read-only": lambda: disk.read_only(bench),
        "clock": lambda: clock.trials(bench),
        "together": lambda: together.trials(bench, options.tries),
    }[fault]()


def _table(outcomes: list[Outcome]) -> str:
    """A row for each kind of fault: how often it was tried, and what became of it."""
    verdicts = (RIGHT, SENTENCE, MUTE, WRONG, "skipped")
    lines = ["| fault | tried | " + " | ".join(verdicts) + " |", "|---" * (len(verdicts) + 2) + "|"]
    for fault in dict.fromkeys(outcome.fault for outcome in outcomes):
        counts = Counter(outcome.verdict for outcome in outcomes if outcome.fault == fault)
        tried = sum(counts.values()) - counts["skipped"]
        lines.append(f"| {fault} | {tried} | " + " | ".join(str(counts[verdict]) for verdict in verdicts) + " |")
    return "\n".join(lines)


def write_results(path: Path, bench: Bench, outcomes: list[Outcome], table: str) -> None:
    """Write the table, with what went wrong under it, and all outcomes as JSON beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bad = [outcome for outcome in outcomes if outcome.verdict in (MUTE, WRONG)]
    listed = "\n".join(f"- {one.fault}, {one.what}: {one.verdict}: {one.told}" for one in bad)
    path.write_text(f"# Faults\n\n{bench.config.name}, seed {bench.seed}.\n\n{table}\n\n{listed}\n", encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps([asdict(one) for one in outcomes], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
