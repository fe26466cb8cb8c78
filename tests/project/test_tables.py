"""Measured numbers on pages are those of the stored tables, and every stored table names what made it."""

import re
import subprocess

import pytest

from docs.build_tables import PAGES, ROOT, RUNS, STORED, rendered, revision
from weightflow.report.stored_tables import read_stored

COMMIT = re.compile(
    r"(before )?[0-9a-f]{7,40}( with changes)?(, changed during the run to [0-9a-f]{40}.*)?(, results as found)?"
)


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_of_a_page_are_rendered_from_the_stored_ones(page):
    assert rendered()[ROOT / page] == (ROOT / page).read_text(encoding="utf-8"), "run make tables"


@pytest.mark.parametrize("name", RUNS)
def test_every_stored_table_names_its_commit_command_and_seeds(name):
    stored = read_stored(STORED / f"{name}.csv")
    assert COMMIT.fullmatch(stored.facts["commit"])
    assert stored.facts["command"] == " ".join(RUNS[name].command(name))
    assert stored.table["n"].max() == len(stored.facts["seeds"].split(", "))


def test_every_run_has_a_config_and_no_stored_table_is_left_over():
    assert {path.stem for path in STORED.glob("*.csv")} == set(RUNS)
    assert [name for name in RUNS if not (ROOT / "config" / f"{name}.yaml").exists()] == []
    used = {name for tables in PAGES.values() for table in tables.values() for name in table.uses}
    assert used == set(RUNS)


def test_every_number_of_a_table_is_there():
    """A run or a metric that was renamed would leave a row without numbers."""
    for page, tables in PAGES.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        for name in tables:
            block = re.search(rf"<!-- table {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)[1]
            rows = [line for line in block.splitlines()[2:] if line.startswith("|")]
            assert [row for row in rows if not re.search(r"\d\.\d", row)] == []


def test_changes_of_the_code_are_told(tmp_path):
    def git(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a", *words], cwd=tmp_path, check=True)

    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "a.py").write_text("1")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "a")
    (tmp_path / "README.md").write_text("a page is no code")
    assert re.fullmatch("[0-9a-f]{40}", revision(tmp_path))
    (tmp_path / "workflow" / "b.py").write_text("2")
    assert revision(tmp_path).endswith(" with changes")
