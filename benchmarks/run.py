"""Run benchmarks: `python benchmarks/run.py [case …]` writes results/benchmarks.json and results/benchmarks.md."""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import psutil  # noqa: E402
import torch  # noqa: E402
from cases import CASES  # noqa: E402

from weightflow.jobs.process import keep_freed_memory, one_thread  # noqa: E402
from weightflow.records.bench import Measurements, measurements  # noqa: E402
from weightflow.storage import read_json, write_json, write_text  # noqa: E402


def one_case(name: str) -> None:
    """Run a case in this process, as jobs run, and print what it measured as one line of JSON."""
    keep_freed_memory()
    torch.set_num_threads(1)
    with one_thread():
        measured = [vars(number) for number in CASES[name]()]
    print(json.dumps({"case": name, "measured": measured, "peak_mb": _peak_mb()}))


def all_cases(names: list[str]) -> None:
    """Run cases one after another, each in a process of its own, and write the tables.

    Cases that are not named keep what was measured of them before.
    """
    path, found = ROOT / "results" / "benchmarks.json", {}
    if path.is_file():
        found = {case["case"]: case for case in read_json(path)["cases"] if case["case"] in CASES}
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--one", name]
        made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        found[name] = json.loads(made.splitlines()[-1])
        machine, cases = _machine(), [found[name] for name in CASES if name in found]
        write_json(path, {"machine": machine, "cases": cases})
        write_text(path.with_suffix(".md"), _page(measurements(machine, cases)))
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


def _machine() -> dict:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "card": torch.cuda.get_device_name(0) if torch.cuda.is_available() else "",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _page(found: Measurements) -> str:
    lines = [f"{found.machine}. One thread, but for whole runs.", ""]
    lines += ["| case | measured | value | target | kept |", "|---|---|---|---|---|"]
    before = None
    for row in found.numbers.itertuples():
        value, kept = f"{row.value:.3g} {row.unit}".strip(), {True: "yes", False: "**no**"}.get(row.met, "")
        lines.append(f"| {'' if row.case == before else row.case} | {row.measured} | {value} | {row.target} | {kept} |")
        before = row.case
    return "\n".join(lines) + "\n"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], help="which; all where none is named")
    parser.add_argument("--one", choices=CASES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    one_case(chosen.one) if chosen.one else all_cases(chosen.cases or list(CASES))
