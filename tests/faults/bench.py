"""The bench for faults: a workflow, its undisturbed run, copies of it, and comparison with a disturbed run."""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from reproducibility.comparison import RECORDS, reason  # noqa: E402

RIGHT, SENTENCE, MUTE, WRONG = "ended right", "stopped with a sentence", "stopped without one", "WRONG"

# What the workflow says on a line of its own, and Snakemake under the line where it does.
_SAID = re.compile(
    r'^\s*(?:Error: |WorkflowError(?: in rule \w+)?(?: in file "[^"]+", line \d+)?:\n)'
    r"(?!At least one job)(\S.*\.(?: .*)?)\s*$",
    re.MULTILINE,
)
_OF_FOLDER = ".snakemake_timestamp"
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Outcome:
    """What became of one fault.

    Attributes:
        fault: its kind, a row of the table.
        what: where and when.
        verdict: one of the four above.
        told: the sentence, or what is wrong.
    """

    fault: str
    what: str
    verdict: str
    told: str = ""


@dataclass(frozen=True)
class Ended:
    """How a run of Snakemake ended: exit status, and all that it printed."""

    status: int
    output: str

    @property
    def sentence(self) -> str | None:
        """The first sentence that it stopped with; None if the user sees a traceback, or nothing that says why."""
        said = _SAID.search(self.output)
        return said[1] if said and _TRACEBACK not in self.output else None

    @property
    def last_words(self) -> str:
        """What it printed about its end, for a row of the table."""
        lines = [line.strip() for line in self.output.splitlines() if re.search(r"(?i)error|exception", line)]
        return " | ".join(lines[:4])[:400] or self.output[-200:]


@dataclass(frozen=True)
class Bench:
    """A workflow to disturb.

    Attributes:
        config: its config file.
        scratch: where its runs go, a folder each.
        cores: that a run has.
        seed: of all that is random.
        targets: files to make; none for the default target.
    """

    config: Path
    scratch: Path
    cores: int
    seed: int
    targets: tuple[str, ...] = ()

    @property
    def reference(self) -> Path:
        """The folder of the undisturbed run."""
        return self.scratch / ("reference-part" if self.targets else "reference")

    def draws(self, *names: object) -> random.Random:
        """The draws of a fault, the same whatever else is tried."""
        return random.Random(f"{self.seed}/" + "/".join(map(str, names)))

    def command(self, folder: Path, *targets: str, flags: tuple[str, ...] = ()) -> list[str]:
        """The command that a user gives, with another working directory for its results."""
        command = [sys.executable, "-m", "snakemake", "--cores", str(self.cores), "--resources", "gpu=1"]
        command += ["--configfile", str(self.config), "--directory", str(folder), "--nocolor", *flags]
        targets = targets or self.targets
        return [*command, "--", *targets] if targets else command

    def run(
        self,
        folder: Path,
        *targets: str,
        flags: tuple[str, ...] = (),
        before: tuple[str, ...] = (),
        env: dict | None = None,
    ) -> Ended:
        """Run to the end.

        Args:
            folder: of the results.
            targets: files to make, if not those of the bench.
            flags: further options.
            before: a program that starts the run, with its options.
            env: the run's environment, if not this one's.
        """
        command = [*before, *self.command(folder, *targets, flags=flags)]
        result = subprocess.run(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return Ended(result.returncode, result.stdout)

    def start(self, folder: Path, *, flags: tuple[str, ...] = (), log: str = "run.log") -> subprocess.Popen:
        """Start a run, head of a process group of its own, whose output goes to a file beside its results."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / log).open("w", encoding="utf-8") as stream:
            command = self.command(folder, flags=flags)
            return subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True)

    def resume(self, folder: Path) -> Ended:
        """Go on as docs/how-to/resume.md says: remove the lock, and give the same command again."""
        self.run(folder, flags=("--unlock",))
        return self.run(folder)

    def copy(self, name: str, share: float = 1.0, of: Path | None = None) -> Path:
        """A copy of the undisturbed run, or of the first share of it: as it stood when so many files were made.

        Args:
            name: of the copy's folder.
            share: of the outputs, in the order in which they were made.
            of: another run.
        """
        source, folder = of or self.reference, self.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(folder)], check=True)
        made = sorted(outputs(folder / "results"), key=lambda path: path.stat().st_mtime_ns)
        for path in made[round(share * len(made)) :]:
            if (path.parent / _OF_FOLDER).is_file():  # whose files Snakemake takes for one output
                shutil.rmtree(path.parent)
            path.unlink(missing_ok=True)
        return folder

    def made_share(self, folder: Path) -> float:
        """Share of the undisturbed run's files that a folder has."""
        wanted = self._files(self.reference)
        return len(wanted & self._files(folder)) / len(wanted)

    def differences(self, folder: Path, missing: bool = True) -> list[str]:
        """What in a folder is not as in the undisturbed run, byte by byte; empty where all of it is.

        Args:
            folder: whose results are compared.
            missing: whether a file that is not there counts as a difference.
        """
        wanted, found = self._files(self.reference), self._files(folder)
        unlike = [f"{name} is missing" for name in sorted(wanted - found)] if missing else []
        for name in sorted(wanted & found):
            if (folder / "results" / name).read_bytes() != (self.reference / "results" / name).read_bytes():
                unlike.append(f"{name} differs")
        if missing and _rows(folder) != _rows(self.reference):
            unlike.append("runtime.csv has other rows")
        return unlike

    def judge(self, fault: str, what: str, ended: Ended, folder: Path, wants: str = "") -> Outcome:
        """What became of a run.

        Args:
            fault: its kind.
            what: where and when.
            ended: the run.
            folder: of its results.
            wants: a word that its sentence must have, if it stops.
        """
        if ended.status:
            told = ended.sentence
            said = told is not None and wants in told
            return Outcome(fault, what, SENTENCE if said else MUTE, told if said else ended.last_words)
        unlike = self.differences(folder)
        return Outcome(fault, what, WRONG if unlike else RIGHT, "; ".join(unlike[:4]))

    def _files(self, folder: Path) -> set[str]:
        results = folder / "results"
        return {str(path.relative_to(results)) for path in outputs(results)}


def outputs(results: Path) -> Iterator[Path]:
    """Files that runs have in common, byte by byte: no logs, measured seconds, records or hidden files."""
    for path in results.rglob("*"):
        name = str(path.relative_to(results))
        if path.is_file() and not name.startswith(RECORDS) and reason(name) is None:
            yield path


def leftovers(folder: Path) -> list[Path]:
    """Temporary files that somebody left, half-written."""
    return [path for path in (folder / "results").rglob(".*") if path.name != _OF_FOLDER]


def _rows(folder: Path) -> list[list[str]]:
    """The rows of runtime.csv, without seconds and memory."""
    path = folder / "results" / "runtime.csv"
    return [line.split(",")[:4] for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
