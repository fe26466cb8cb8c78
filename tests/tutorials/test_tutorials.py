"""The pages of the tutorials are those of their scripts; the scripts run on a small budget."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.build_tutorials import ORDER, SOURCES, page, without_outputs

USE_SNAKEMAKE = ("cells", "cluster", "populations")
FIGURE = re.compile(r"!\[[^\]]*\]\((images/[\w-]+\.png)\)")
LARGEST = 150_000  # bytes of a figure


def text(name: str) -> str:
    """The committed page of a tutorial."""
    return (SOURCES / f"{name}.md").read_text(encoding="utf-8")


def test_every_script_is_a_tutorial():
    pages = {path.stem for path in SOURCES.glob("*.md")} - {"index"}
    assert {path.stem for path in SOURCES.glob("*.py")} == pages == set(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_the_page_has_the_text_and_code_of_its_script(name):
    assert without_outputs(text(name)) == page(SOURCES / f"{name}.py"), "run: make tutorials"


@pytest.mark.parametrize("name", ORDER)
def test_the_page_names_no_machine(name):
    assert re.findall(r"(?<![\w.])/(?:tmp|home|root|usr|var|work)/\S*|^ *Host: .*", text(name), re.MULTILINE) == []


@pytest.mark.parametrize("name", ORDER)
def test_links_of_the_page_lead_somewhere(name):
    found = re.findall(r"\]\((?!https?:)([^)#]+)", text(name))
    assert [link for link in found if not (SOURCES / link).exists()] == []


def test_figures_are_those_of_the_pages_and_small():
    shown = {SOURCES / link for name in ORDER for link in FIGURE.findall(text(name))}
    assert shown == set((SOURCES / "images").iterdir())
    assert [path.name for path in shown if path.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("name", ORDER)
def test_every_figure_has_a_caption(name):
    assert "![](" not in text(name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.workflow if name in USE_SNAKEMAKE else ()) for name in ORDER]
)
def test_the_script_runs_and_draws_every_figure(root, name, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "docs/build_tutorials.py", name, "--into", str(tmp_path)],
        cwd=root,
        env=os.environ | {"WEIGHTFLOW_SMALL": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    made = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    assert without_outputs(made) == without_outputs(text(name))
    assert FIGURE.findall(made) == FIGURE.findall(text(name))
    assert all((tmp_path / link).stat().st_size > 1000 for link in FIGURE.findall(made))
