"""Run benchmarks: `python benchmarks/run.py [case …]` writes results/benchmarks.json and results/benchmarks.md."""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import psutil  # noqa: E402
import torch  # noqa: E402
from cases import CASES  # noqa: E402

from weightflow.process import keep_freed_memory  # noqa: E402
from weightflow.storage import write_json, write_text  # noqa: E402


def one_case(name: str) -> None:
    """Run a case in this process, as jobs run, and print what it measured as one line of JSON."""
    keep_freed_memory()
    torch.set_num_threads(1)
    measured = [vars(number) for number in CASES[name]()]
    print(json.dumps({"case": name, "measured": measured, "peak_mb": _peak_mb()}))


def all_cases(names: list[str]) -> None:
    """Run cases one after another, each in a process of its own, and write the tables."""
    found = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        command = [sys.executable, __file__, "--one", name]
        made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        found.append(json.loads(made.splitlines()[-1]))
    machine = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    write_json(ROOT / "results" / "benchmarks.json", {"machine": machine, "cases": found})
    write_text(ROOT / "results" / "benchmarks.md", _table(machine, found))
    print(_table(machine, found))


def _table(machine: dict, found: list[dict]) -> str:
    lines = [f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GiB; one thread.", ""]
    lines += ["| case | measured | value | target | peak memory |", "|---|---|---|---|---|"]
    for case in found:
        for place, number in enumerate(case["measured"]):
            value = f"{number['value']:.3g} {number['unit']}".strip()
            peak = f"{case['peak_mb']:.0f} MiB" if place == 0 else ""
            name = case["case"] if place == 0 else ""
            lines.append(f"| {name} | {number['what']} | {value} | {number['target']} | {peak} |")
    return "\n".join(lines) + "\n"


def _peak_mb() -> float:
    import resource

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
