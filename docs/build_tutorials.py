"""Run the tutorials and write their pages: docs/tutorials/NAME.py makes NAME.md and images/NAME-1.png, ….

    python docs/build_tutorials.py [NAME ...]

A tutorial is a script in percent format, which editors and Jupyter open as a notebook:

- `# %% [markdown]`: text. A ```bash block is run in a shell. A block whose first line is `# FOLDER/NAME.yaml` is
  written to that file. Blocks of other languages are only shown.
- `# %% title`: Python. What it prints and the figures that it leaves open follow it on the page; the title is the
  caption.
- `# %% [hidden]`: Python that is run and not shown, such as smaller budgets.

It runs in a copy of the sources in a temporary folder, as a reader runs it in a clone. With WEIGHTFLOW_SMALL=1 the
presets are short and hidden cells take little of everything, for the tests.
"""

import argparse
import contextlib
import io
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "docs" / "tutorials"
ORDER = ("counts", "cells", "network", "python", "cluster", "populations", "networks")

_CELL = re.compile(r"^# %%(?: \[(\w+)\])?(?: (.*))?\n", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\w[\w/.-]*/[\w.-]+\.yaml)\n")
_MADE = re.compile(
    r"^```text\n.*?^```\n\n|^!\[[^\]]*\]\(images/[\w-]+\.png\)\n\n(?:\*[^\n]*\*\n\n)?", re.MULTILINE | re.DOTALL
)
_DPI = 120
_LINES = 30  # of a long output that are shown
_SHORT = {
    "backbone": {"hidden": 4},
    "anchors": {"first_steps": 20, "steps": 5},
    "teacher": {"members": ["bridge"], "noises": [0.5], "rates": ["own"], "points": 2},
    "selection": {"steps": 4},
    "spline": {
        "knots": 1,
        "first_knots": 1,
        "steps": 5,
        "batch": 32,
        "curvature": 100,
        "roughness": 0.003,
        "kernel": 0,
        "independence": 0,
    },
}  # every preset with WEIGHTFLOW_SMALL


@dataclass(frozen=True)
class Cell:
    """A part of a tutorial.

    Attributes:
        kind: markdown, hidden, or code.
        title: of a code cell, the caption of its figures.
        text: markdown without comment signs, or Python.
        line: of the script, where the text begins.
    """

    kind: str
    title: str
    text: str
    line: int


class BrokenTutorialError(Exception):
    """A command of a tutorial failed."""


def cells(script: Path) -> list[Cell]:
    """The cells of a script, in order."""
    source = script.read_text(encoding="utf-8")
    marks, made = list(_CELL.finditer(source)), []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        kind, text = mark[1] or "code", source[mark.end() : following.start() if following else None]
        if kind == "markdown":
            text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
        made.append(Cell(kind, mark[2] or "", text.strip("\n") + "\n", source.count("\n", 0, mark.end()) + 1))
    return made


def page(script: Path, folder: Path | None = None, images: Path | None = None) -> str:
    """The page of a tutorial.

    Args:
        script: its source.
        folder: where it is run; None leaves out all outputs and figures.
        images: folder of the figures.

    Raises:
        BrokenTutorialError: a command failed.
    """
    head = f"<!-- Made by `make tutorials` from {script.name}; edit that file. -->"
    run = None if folder is None or images is None else Run(script, folder, images)
    parts = [head, *(part for cell in cells(script) for part in _shown(cell, run))]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part.strip())


def without_outputs(text: str) -> str:
    """A page without outputs and figures, as `page` makes it if it runs nothing."""
    return _MADE.sub("", text + "\n").rstrip("\n") + "\n"


def make(name: str, images: Path, target: Path) -> None:
    """Run a tutorial in a temporary folder; write its page and its figures.

    Args:
        name: of the tutorial.
        images: folder of the figures.
        target: file of the page.

    Raises:
        BrokenTutorialError: a command failed.
    """
    images.mkdir(parents=True, exist_ok=True)
    for old in images.glob(f"{name}-*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as temporary:
        made = page(SOURCES / f"{name}.py", copy_of_sources(Path(temporary)), images)
    target.write_text(made, encoding="utf-8")


def copy_of_sources(folder: Path) -> Path:
    """Copy what a run needs into a folder, and give it back."""
    shutil.copy(ROOT / "Snakefile", folder)
    for part in ("config", "envs", "profiles", "resources/systems", "workflow"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("published.csv", "tasks.yaml"):
        shutil.copy(ROOT / "resources" / file, folder / "resources")
    return folder


class Run:
    """One pass through a tutorial: its folder, its variables, its figures so far."""

    def __init__(self, script: Path, folder: Path, images: Path) -> None:
        """Nothing is run yet."""
        self.script, self.folder, self.images = script, folder, images
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.drawn = 0

    def python(self, cell: Cell) -> list[str]:
        """Run a cell of Python: the blocks of what it prints and draws."""
        import matplotlib.pyplot as plt  # the converter alone needs none of it

        code = compile("\n" * (cell.line - 1) + cell.text, str(self.script), "exec")
        printed = io.StringIO()
        with _within(self.folder), contextlib.redirect_stdout(printed):
            exec(code, self.names)
        made = [_output(printed.getvalue())]
        for number in plt.get_fignums():
            self.drawn += 1
            name = f"{self.script.stem}-{self.drawn}.png"
            plt.figure(number).savefig(self.images / name, dpi=_DPI, metadata={"Software": None})
            plt.close(number)
            made.append(f"![{cell.title}](images/{name})")
            made += [f"*{cell.title}*"] if cell.title else []
        return made

    def shell(self, commands: str) -> str:
        """Run the commands of a block: the block of what they print; messages of Snakemake are on standard error."""
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BrokenTutorialError(f"{self.script.name}: this failed:\n{commands}\n{done.stdout}\n{done.stderr}")
        return _output(done.stdout)

    def write(self, block: str) -> None:
        """Write a block that begins with the name of its file."""
        if named := _FILE.match(block):
            path = self.folder / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block, encoding="utf-8")


def _shown(cell: Cell, run: Run | None) -> Iterator[str]:
    """The blocks of a cell on the page."""
    if cell.kind == "markdown":
        yield from _text(cell.text, run)
        return
    if cell.kind == "code":
        yield f"```python\n{cell.text}```"
    made = run.python(cell) if run else []
    if cell.kind == "code":
        yield from made


def _text(text: str, run: Run | None) -> Iterator[str]:
    """Text with its files written and its commands run, an output after each."""
    start = 0
    for block in _BLOCK.finditer(text):
        yield text[start : block.end()].strip("\n")
        start = block.end()
        if run and block[1] == "bash":
            yield run.shell(block[2])
        elif run:
            run.write(block[2])
    yield text[start:].strip("\n")


def _output(printed: str) -> str:
    lines = printed.rstrip().splitlines()
    if len(lines) > _LINES:
        lines = [*lines[: _LINES // 2], "…", *lines[-_LINES // 2 :]]
    return "\n".join(["```text", *(line.rstrip() for line in lines), "```"]) if lines else ""


@contextlib.contextmanager
def _within(folder: Path) -> Iterator[None]:
    """The working folder of a block."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def prepare(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a tutorial: the library of this clone, one thread, no window."""
    library = str(ROOT / "workflow" / "scripts")
    paths = [library, *filter(None, [environment.get("PYTHONPATH")])]
    return {"MPLBACKEND": "agg", "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}


def shorten() -> None:
    """Make every preset of this process short."""
    from weightflow.dynamics.presets import PRESETS

    for name, preset in PRESETS.items():
        PRESETS[name] = replace(preset, settings=_SHORT)


def main() -> None:
    """Make the named tutorials, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ORDER)}; all by default")
    parser.add_argument("--into", type=Path, default=SOURCES, help="folder of the pages and of images/")
    given = parser.parse_args()
    os.environ.update(prepare(os.environ))
    sys.path.insert(0, str(ROOT / "workflow" / "scripts"))
    if os.environ.get("WEIGHTFLOW_SMALL"):
        shorten()
    for name in given.names or ORDER:
        before = _processor_seconds()
        make(name, given.into / "images", given.into / f"{name}.md")
        print(f"{name}: {_processor_seconds() - before:.0f} s of processor time")


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
